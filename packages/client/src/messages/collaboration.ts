/* Made from protocol/asyncapi.json by scripts/generate.mjs; not to be edited. */

export type ToClient =
  | Authenticated
  | Cursor
  | Edit
  | EditAck
  | ErrorMessage
  | LockChanged
  | ParticipantJoined
  | ParticipantLeft
  | Participants
  | Pong
  | Resync
  | RoleChanged
  | SessionClosed
  | SessionJoined
  | SessionLeft;
export type ToServer =
  | AuthRequest
  | CloseSessionRequest
  | CursorRequest
  | EditRequest
  | JoinSessionRequest
  | LeaveSessionRequest
  | LockRequest
  | PingRequest
  | RoleRequest;

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
export interface Cursor {
  /**
   * Where somebody is now.
   */
  data: {
    /**
     * Where they are, or where their selection begins.
     */
    position: number;
    /**
     * Where their selection ends.
     */
    selectionEnd?: number | null;
    /**
     * The document.
     */
    sessionId: string;
    /**
     * Who.
     */
    userId: string;
    /**
     * Their display name.
     */
    username: string;
    /**
     * The revision both count in, where the sender named one; its edits may come right behind.
     */
    version?: number | null;
  };
  id?: string;
  timestamp: string;
  type: 'cursor';
}
export interface Edit {
  /**
   * Somebody edited; it applies to the revision before.
   */
  data: {
    /**
     * Whose it is.
     */
    author: string;
    /**
     * What comes; empty for `delete`.
     */
    content: string;
    /**
     * Units that come, for `insert`; else units that go.
     */
    length: number;
    /**
     * What it does; one of which nothing is left inserts an empty text.
     */
    operation: 'insert' | 'delete' | 'replace';
    /**
     * Where.
     */
    position: number;
    /**
     * The document.
     */
    sessionId: string;
    /**
     * The revision it makes.
     */
    version: number;
  };
  id?: string;
  timestamp: string;
  type: 'edit';
}
export interface EditAck {
  /**
   * One's edit is stored, as it stands in the order of all.
   */
  data: {
    /**
     * Units that came, for what only inserts; else units that went. 0 where nothing is left of it.
     */
    length: number;
    /**
     * Where it stands in the revision before.
     */
    position: number;
    /**
     * The document.
     */
    sessionId: string;
    /**
     * The revision it made.
     */
    version: number;
  };
  id?: string;
  timestamp: string;
  type: 'edit_ack';
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
export interface LockChanged {
  /**
   * The document was locked, or opened again.
   */
  data: {
    /**
     * Whether nobody may edit.
     */
    locked: boolean;
    /**
     * The document.
     */
    sessionId: string;
  };
  id?: string;
  timestamp: string;
  type: 'lock_changed';
}
export interface ParticipantJoined {
  /**
   * Somebody came, or is something else from now on.
   */
  data: {
    /**
     * What they may do.
     */
    role: 'observer' | 'participant';
    /**
     * The document.
     */
    sessionId: string;
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
  type: 'participant_joined';
}
export interface ParticipantLeft {
  /**
   * Somebody left, or dropped five seconds ago.
   */
  data: {
    /**
     * What they could do.
     */
    role: 'observer' | 'participant';
    /**
     * The document.
     */
    sessionId: string;
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
  type: 'participant_left';
}
export interface Participants {
  /**
   * Who is in a document, once more: to a client that was so far behind that comings and goings were left out.
   */
  data: {
    /**
     * Who is in it, oneself included; at most 1,000.
     *
     * Items: Somebody who is in a document.
     */
    participants: {
      /**
       * What they may do.
       */
      role: 'observer' | 'participant';
      /**
       * Who.
       */
      userId: string;
      /**
       * Their display name.
       */
      username: string;
    }[];
    /**
     * The document.
     */
    sessionId: string;
  };
  id?: string;
  timestamp: string;
  type: 'participants';
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
export interface Resync {
  /**
   * The text anew: what one has of it is to be thrown away, edits in flight included.
   */
  data: {
    /**
     * Its whole text.
     */
    content: string;
    /**
     * The document.
     */
    sessionId: string;
    /**
     * The revision of the text.
     */
    version: number;
  };
  id?: string;
  timestamp: string;
  type: 'resync';
}
export interface RoleChanged {
  /**
   * What somebody may do was changed.
   */
  data: {
    /**
     * What they may do from now on.
     */
    role: 'observer' | 'participant';
    /**
     * The document.
     */
    sessionId: string;
    /**
     * Whose role.
     */
    userId: string;
  };
  id?: string;
  timestamp: string;
  type: 'role_changed';
}
export interface SessionClosed {
  /**
   * The document was closed: nobody is in it any more, and nobody can join it.
   */
  data: {
    /**
     * The document.
     */
    sessionId: string;
  };
  id?: string;
  timestamp: string;
  type: 'session_closed';
}
export interface SessionJoined {
  /**
   * One is in a document now.
   */
  data: {
    /**
     * Its whole text, as JSON.
     */
    content: string;
    /**
     * Who may change roles, lock it and close it.
     */
    creatorId: string;
    /**
     * Whether nobody may edit.
     */
    locked: boolean;
    /**
     * Who is in it, oneself included; at most 1,000.
     *
     * Items: Somebody who is in a document.
     */
    participants: {
      /**
       * What they may do.
       */
      role: 'observer' | 'participant';
      /**
       * Who.
       */
      userId: string;
      /**
       * Their display name.
       */
      username: string;
    }[];
    /**
     * What one may do: what was asked for, or the lower one that is granted.
     */
    role: 'observer' | 'participant';
    /**
     * The document.
     */
    sessionId: string;
    /**
     * The revision of the text: how many edits there were.
     */
    version: number;
  };
  id?: string;
  timestamp: string;
  type: 'session_joined';
}
export interface SessionLeft {
  /**
   * One is in that document no more.
   */
  data: {
    /**
     * The document.
     */
    sessionId: string;
  };
  id?: string;
  timestamp: string;
  type: 'session_left';
}
export interface AuthRequest {
  contextId?: string;
  id?: string;
  timestamp?: string;
  token: string;
  type: 'auth';
}
export interface CloseSessionRequest {
  data: {
    sessionId: string;
  };
  id?: string;
  timestamp?: string;
  type: 'close_session';
}
export interface CursorRequest {
  data: {
    position: number;
    selectionEnd?: number;
    sessionId?: string;
    version?: number;
  };
  id?: string;
  timestamp?: string;
  type: 'cursor';
}
export interface EditRequest {
  data: {
    content?: string;
    length?: number;
    operation: 'insert' | 'delete' | 'replace';
    position: number;
    sessionId?: string;
    version: number;
  };
  id?: string;
  timestamp?: string;
  type: 'edit';
}
export interface JoinSessionRequest {
  data: {
    role?: 'participant' | 'observer';
    sessionId: string;
  };
  id?: string;
  timestamp?: string;
  type: 'join_session';
}
export interface LeaveSessionRequest {
  data: {
    sessionId: string;
  };
  id?: string;
  timestamp?: string;
  type: 'leave_session';
}
export interface LockRequest {
  data: {
    locked: boolean;
    sessionId: string;
  };
  id?: string;
  timestamp?: string;
  type: 'lock';
}
export interface PingRequest {
  data?: {};
  id?: string;
  timestamp?: string;
  type: 'ping';
}
export interface RoleRequest {
  data: {
    role: 'participant' | 'observer';
    sessionId: string;
    userId: string;
  };
  id?: string;
  timestamp?: string;
  type: 'role';
}
