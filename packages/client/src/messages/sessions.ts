/* Made from protocol/asyncapi.json by scripts/generate.mjs; not to be edited. */

export type ToClient =
  | AgentDelta
  | AgentResponse
  | AgentTyping
  | ErrorMessage
  | SessionState
  | System
  | UserJoined
  | UserLeft
  | UserMessage
  | UserTyping;
export type ToServer = CancelRequest | JoinRequest | LeaveRequest | MessageRequest | TypingRequest;

export interface AgentDelta {
  /**
   * A piece of a draft. Not stored; the `agent_response` of the same id has the whole text.
   */
  data: {
    /**
     * What follows.
     */
    delta: string;
    /**
     * The id the stored answer will have.
     */
    id: string;
    /**
     * The place of this piece, from 0. A slow reader may miss pieces.
     */
    index: number;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'agent_delta';
}
export interface AgentResponse {
  /**
   * An agent's stored answer, to everybody in the session.
   */
  data: {
    /**
     * The agent, for `role: agent`.
     */
    agent_id?: string | null;
    /**
     * The id its sender gave it.
     */
    clientId?: string | null;
    /**
     * What was said.
     */
    content: string;
    /**
     * When it was stored, ISO 8601.
     */
    created_at: string;
    /**
     * Its id.
     */
    id: string;
    /**
     * `code`, `image` or `file` where it came so from a bridged chat.
     */
    messageType?: string | null;
    /**
     * Who said it.
     */
    role: 'user' | 'agent';
    /**
     * Its place among the stored messages, from 1, without a gap.
     */
    seq: number;
    /**
     * The session it is told in.
     */
    session_id: string;
    /**
     * The author's user id; `null` for an agent.
     */
    user_id?: string | null;
    /**
     * The author's display name; `null` for an agent.
     */
    username?: string | null;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'agent_response';
}
export interface AgentTyping {
  /**
   * An agent works on an answer.
   */
  data: {
    /**
     * Which agent: `socratic`, `code` or `context`.
     */
    agentId: string;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'agent_typing';
}
export interface ErrorMessage {
  /**
   * A refusal.
   */
  data: {
    /**
     * The stable code.
     */
    code:
      | 'VALIDATION_ERROR'
      | 'UNAUTHORIZED'
      | 'SESSION_NOT_FOUND'
      | 'NOT_JOINED'
      | 'RATE_LIMIT_EXCEEDED'
      | 'MESSAGE_TOO_LARGE'
      | 'UNAVAILABLE'
      | 'INTERNAL_ERROR'
      | 'AGENT_BUSY'
      | 'AGENT_FAILED'
      | 'CONNECTION_TIMEOUT';
    /**
     * The offending field, where there is one.
     */
    field?: string | null;
    /**
     * A sentence to show.
     */
    message: string;
    /**
     * Milliseconds after which it may work.
     */
    retryAfterMs?: number | null;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'error';
}
export interface SessionState {
  /**
   * The answer to `join`.
   */
  data: {
    /**
     * People in the session, oneself included.
     */
    connectedUsers: number;
    /**
     * Names the history `seq` belongs to.
     */
    epoch: string;
    /**
     * With `data.after`: more follow. Else: older ones exist.
     */
    hasMore: boolean;
    /**
     * Oldest first: the newest 50, or all after `data.after`; at most 500 and 256 KiB.
     *
     * Items: A stored message.
     */
    messages: {
      /**
       * The agent, for `role: agent`.
       */
      agent_id?: string | null;
      /**
       * The id its sender gave it.
       */
      clientId?: string | null;
      /**
       * What was said.
       */
      content: string;
      /**
       * When it was stored, ISO 8601.
       */
      created_at: string;
      /**
       * Its id.
       */
      id: string;
      /**
       * `code`, `image` or `file` where it came so from a bridged chat.
       */
      messageType?: string | null;
      /**
       * Who said it.
       */
      role: 'user' | 'agent';
      /**
       * Its place among the stored messages, from 1, without a gap.
       */
      seq: number;
      /**
       * The session it is told in.
       */
      session_id: string;
      /**
       * The author's user id; `null` for an agent.
       */
      user_id?: string | null;
      /**
       * The author's display name; `null` for an agent.
       */
      username?: string | null;
    }[];
    /**
     * Whether `messages` continues from `data.after` without a gap.
     */
    recovered: boolean;
    /**
     * The session.
     */
    session: {
      /**
       * When, ISO 8601.
       */
      createdAt: string;
      /**
       * Its id.
       */
      id: string;
      /**
       * Whether any user may join.
       */
      open: boolean;
      /**
       * Who made it.
       */
      ownerId: string;
      /**
       * The project whose instructions its agent gets by default.
       */
      projectId?: string | null;
      /**
       * Its title, where it has one.
       */
      title?: string | null;
      /**
       * Its type: `socratic`, `code_review`, or another one.
       */
      type: string;
    };
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'session_state';
}
export interface System {
  /**
   * A notice to everybody in the session; not stored.
   */
  data: {
    /**
     * What it is about.
     */
    code: 'agent_cancelled' | 'member_added' | 'restarting';
    /**
     * A sentence to show.
     */
    message: string;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'system';
}
export interface UserJoined {
  /**
   * Somebody came.
   */
  data: {
    /**
     * People in the session now.
     */
    connectedUsers: number;
    /**
     * Who.
     */
    userId: string;
    /**
     * Their display name.
     */
    username: string;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'user_joined';
}
export interface UserLeft {
  /**
   * Somebody left, or dropped five seconds ago.
   */
  data: {
    /**
     * People in the session now.
     */
    connectedUsers: number;
    /**
     * Who.
     */
    userId: string;
    /**
     * Their display name.
     */
    username: string;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'user_left';
}
export interface UserMessage {
  /**
   * A user's stored message, to everybody in the session.
   */
  data: {
    /**
     * The agent, for `role: agent`.
     */
    agent_id?: string | null;
    /**
     * The id its sender gave it.
     */
    clientId?: string | null;
    /**
     * What was said.
     */
    content: string;
    /**
     * When it was stored, ISO 8601.
     */
    created_at: string;
    /**
     * Its id.
     */
    id: string;
    /**
     * `code`, `image` or `file` where it came so from a bridged chat.
     */
    messageType?: string | null;
    /**
     * Who said it.
     */
    role: 'user' | 'agent';
    /**
     * Its place among the stored messages, from 1, without a gap.
     */
    seq: number;
    /**
     * The session it is told in.
     */
    session_id: string;
    /**
     * The author's user id; `null` for an agent.
     */
    user_id?: string | null;
    /**
     * The author's display name; `null` for an agent.
     */
    username?: string | null;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'user_message';
}
export interface UserTyping {
  /**
   * Somebody is typing.
   */
  data: {
    /**
     * Who, by their token.
     */
    userId: string;
    /**
     * Their display name.
     */
    username: string;
  };
  requestId?: string;
  sessionId: string;
  timestamp: string;
  type: 'user_typing';
}
export interface CancelRequest {
  action: 'cancel';
  data?: {};
  projectId?: string;
  requestId?: string;
  sessionId?: string;
  timestamp?: string;
}
export interface JoinRequest {
  action: 'join';
  data?: {
    after?: string | number;
    epoch?: string;
  };
  projectId?: string;
  requestId?: string;
  sessionId?: string;
  timestamp?: string;
}
export interface LeaveRequest {
  action: 'leave';
  data?: {};
  projectId?: string;
  requestId?: string;
  sessionId?: string;
  timestamp?: string;
}
export interface MessageRequest {
  action: 'message';
  data: {
    clientId?: string;
    content: string;
  };
  projectId?: string;
  requestId?: string;
  sessionId?: string;
  timestamp?: string;
}
export interface TypingRequest {
  action: 'typing';
  data?: {};
  projectId?: string;
  requestId?: string;
  sessionId?: string;
  timestamp?: string;
}
