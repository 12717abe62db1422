/* Made from protocol/asyncapi.json by scripts/generate.mjs; not to be edited. */

export type ToClient =
  Authenticated | ErrorMessage | MetricUpdate | Pong | Subscribed | Unsubscribed;
export type ToServer = AuthRequest | PingRequest | SubscribeRequest | UnsubscribeRequest;

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
export interface MetricUpdate {
  /**
   * A metric's value: told once it is subscribed to, then at most once a second and only when it changed.
   */
  data: {
    /**
     * Its name.
     */
    metric: string;
    /**
     * When that was so, ISO 8601.
     */
    timestamp: string;
    /**
     * The value over the window; `null` where nothing in it has one.
     */
    value?: number | null;
    /**
     * Seconds that the value looks back; 0 for what holds at the moment.
     */
    window: number;
  };
  id?: string;
  timestamp: string;
  type: 'metric_update';
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
export interface Subscribed {
  /**
   * These metrics are shown from now on: the current value of each follows.
   */
  data: {
    /**
     * Those that were named, each once.
     */
    metrics: string[];
  };
  id?: string;
  timestamp: string;
  type: 'subscribed';
}
export interface Unsubscribed {
  /**
   * These metrics are not shown any more.
   */
  data: {
    /**
     * Those that were named, each once; where none was, all that were shown.
     */
    metrics: string[];
  };
  id?: string;
  timestamp: string;
  type: 'unsubscribed';
}
export interface AuthRequest {
  contextId?: string;
  id?: string;
  timestamp?: string;
  token: string;
  type: 'auth';
}
export interface PingRequest {
  data?: {};
  id?: string;
  timestamp?: string;
  type: 'ping';
}
export interface SubscribeRequest {
  data: {
    /**
     * @minItems 1
     * @maxItems 50
     */
    metrics: [string, ...string[]];
  };
  id?: string;
  timestamp?: string;
  type: 'subscribe';
}
export interface UnsubscribeRequest {
  data?: {
    /**
     * @minItems 1
     * @maxItems 50
     */
    metrics?: [string, ...string[]];
  };
  id?: string;
  timestamp?: string;
  type: 'unsubscribe';
}
