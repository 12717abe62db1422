/* Made from protocol/asyncapi.json by scripts/generate.mjs; not to be edited. */

export type ToClient =
  | Authenticated
  | ErrorMessage
  | History
  | Members
  | Message
  | Pong
  | Typing
  | UserJoined
  | UserLeft;
export type ToServer =
  AuthRequest | HistoryRequest | MembersRequest | MessageRequest | PingRequest | TypingRequest;

export interface Authenticated {
  /**
   * The token of a first message, or of a renewal, was taken.
   */
  data: {
    /**
     * The context the connection is in.
     */
    contextId: string;
    /**
     * When the token runs out, ISO 8601.
     */
    expiresAt: string;
    /**
     * Whose it is.
     */
    userId: string;
  };
  id?: string;
  timestamp: string;
  type: 'authenticated';
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
      | 'FORBIDDEN'
      | 'NOT_FOUND'
      | 'NOT_JOINED'
      | 'RATE_LIMIT_EXCEEDED'
      | 'MESSAGE_TOO_LARGE'
      | 'UNAVAILABLE'
      | 'INTERNAL_ERROR'
      | 'CONNECTION_TIMEOUT';
    /**
     * The offending field, where there is one.
     */
    field?: string | null;
    /**
     * Milliseconds after which it may work.
     */
    retryAfterMs?: number | null;
  };
  error: string;
  id?: string;
  timestamp: string;
  type: 'error';
}
export interface History {
  /**
   * A piece of what was said.
   */
  data: {
    /**
     * Names the history that `seq` belongs to.
     */
    epoch: string;
    /**
     * With `after`: newer ones follow. Else: older ones exist.
     */
    hasMore: boolean;
    /**
     * Oldest first; at most as many as asked for, and 256 KiB.
     *
     * Items: A stored message.
     */
    messages: {
      /**
       * The author's user id, or the agent's id.
       */
      author: string;
      /**
       * The author's display name at the time.
       */
      authorName: string;
      /**
       * What was said.
       */
      content: string;
      /**
       * Its id.
       */
      id: string;
      /**
       * `text`, `code`, `image` or `file`.
       */
      messageType: string;
      /**
       * Its place among the stored messages, from 1, without a gap.
       */
      seq: number;
      /**
       * When it was stored, ISO 8601.
       */
      timestamp: string;
    }[];
    /**
     * Whether `messages` continues from `after` without a gap.
     */
    recovered: boolean;
  };
  id?: string;
  timestamp: string;
  type: 'history';
}
export interface Members {
  /**
   * Who is in the context.
   */
  data: {
    /**
     * How many people there are, oneself included.
     */
    onlineCount: number;
    /**
     * By user id, at most 1,000.
     *
     * Items: Somebody who is in the context.
     */
    users: {
      /**
       * Who.
       */
      userId: string;
      /**
       * Their display name.
       */
      username: string;
    }[];
  };
  id?: string;
  timestamp: string;
  type: 'members';
}
export interface Message {
  /**
   * A stored message.
   */
  data: {
    /**
     * The author's user id, or the agent's id.
     */
    author: string;
    /**
     * The author's display name at the time.
     */
    authorName: string;
    /**
     * What was said.
     */
    content: string;
    /**
     * Its id.
     */
    id: string;
    /**
     * `text`, `code`, `image` or `file`.
     */
    messageType: string;
    /**
     * Its place among the stored messages, from 1, without a gap.
     */
    seq: number;
    /**
     * When it was stored, ISO 8601.
     */
    timestamp: string;
  };
  id?: string;
  timestamp: string;
  type: 'message';
}
export interface Pong {
  /**
   * The answer to `ping`.
   */
  data: {};
  id?: string;
  timestamp: string;
  type: 'pong';
}
export interface Typing {
  /**
   * Somebody began or ceased to type.
   */
  data: {
    /**
     * Whether they type.
     */
    isTyping: boolean;
    /**
     * Who, by their token.
     */
    userId: string;
    /**
     * Their display name.
     */
    username: string;
  };
  id?: string;
  timestamp: string;
  type: 'typing';
}
export interface UserJoined {
  /**
   * Somebody came.
   */
  data: {
    /**
     * People in the context now.
     */
    onlineCount: number;
    /**
     * Who.
     */
    userId: string;
    /**
     * Their display name.
     */
    username: string;
  };
  id?: string;
  timestamp: string;
  type: 'user_joined';
}
export interface UserLeft {
  /**
   * Somebody left, or dropped five seconds ago.
   */
  data: {
    /**
     * People in the context now.
     */
    onlineCount: number;
    /**
     * Who.
     */
    userId: string;
    /**
     * Their display name.
     */
    username: string;
  };
  id?: string;
  timestamp: string;
  type: 'user_left';
}
export interface AuthRequest {
  contextId?: string;
  id?: string;
  timestamp?: string;
  token: string;
  type: 'auth';
}
export interface HistoryRequest {
  data?: {
    after?: string | number;
    before?: string | number;
    epoch?: string;
    limit?: number;
  };
  id?: string;
  timestamp?: string;
  type: 'history';
}
export interface MembersRequest {
  data?: {};
  id?: string;
  timestamp?: string;
  type: 'members';
}
export interface MessageRequest {
  data: {
    content: string;
    messageType?: 'text' | 'code' | 'image' | 'file';
  };
  id?: string;
  timestamp?: string;
  type: 'message';
}
export interface PingRequest {
  data?: {};
  id?: string;
  timestamp?: string;
  type: 'ping';
}
export interface TypingRequest {
  data: {
    isTyping: boolean;
  };
  id?: string;
  timestamp?: string;
  type: 'typing';
}
