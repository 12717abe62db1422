/* Made from protocol/asyncapi.json by scripts/generate.mjs; not to be edited. */

export type ToClient =
  | ChatMessage
  | DealUpdate
  | Notification
  | PriceAlert
  | PriceUpdate
  | TaskStatus
  | AckConfirmed
  | ErrorMessage
  | MessageSent
  | Pong
  | RoomJoined
  | RoomLeft
  | SubscriptionCancelled
  | SubscriptionConfirmed
  | TokenRefreshed;
export type ToServer =
  | JoinRoomRequest
  | LeaveRoomRequest
  | NotificationAckRequest
  | PingRequest
  | RefreshTokenRequest
  | SendMessageRequest
  | SubscribeToDealsRequest
  | UnsubscribeFromDealsRequest;

export interface ChatMessage {
  /**
   * A stored message.
   */
  data: {
    /**
     * What was said.
     */
    content: string;
    /**
     * Its id.
     */
    messageId: string;
    /**
     * Whom it was said to: a user id, or the room.
     */
    recipientId: string;
    /**
     * The room it was said in, where it was.
     */
    roomId?: string | null;
    /**
     * Who said it: a user id, or `agent:ID`.
     */
    senderId: string;
    /**
     * Its place among the messages of the room, or of the two people, from 1, without a gap.
     */
    seq: number;
    /**
     * When it was stored, in seconds since 1970.
     */
    timestamp: number;
    /**
     * `text`, `code`, `image` or `file`.
     */
    type: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'ChatMessage';
}
export interface DealUpdate {
  /**
   * A deal came, changed or went.
   */
  data: {
    /**
     * The category.
     */
    category: string;
    /**
     * The currency.
     */
    currency: string;
    /**
     * Which deal.
     */
    dealId: string;
    /**
     * Percent off the original price.
     */
    discount: number;
    /**
     * What happened.
     */
    event: 'created' | 'updated' | 'removed';
    /**
     * Who offers it.
     */
    merchant: string;
    /**
     * What it cost before.
     */
    originalPrice: number;
    /**
     * What it costs.
     */
    price: number;
    /**
     * The connection's subscriptions that it meets.
     */
    subscriptionIds: string[];
    /**
     * What is offered.
     */
    title: string;
    /**
     * When it was last changed, in seconds since 1970.
     */
    updatedAt: number;
    /**
     * Where it is offered.
     */
    url: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'DealUpdate';
}
export interface Notification {
  /**
   * Something to know.
   */
  data: {
    /**
     * What it says.
     */
    body: string;
    /**
     * When it was stored, in seconds since 1970.
     */
    createdAt: number;
    /**
     * What its producer added, as it came.
     */
    data?: {
      [k: string]: unknown;
    };
    /**
     * What kind of thing it tells.
     */
    kind: string;
    /**
     * Its id, to be acknowledged.
     */
    notificationId: string;
    /**
     * Whether it was acknowledged.
     */
    status: 'unread' | 'read';
    /**
     * Its title.
     */
    title: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'Notification';
}
export interface PriceAlert {
  /**
   * The price of a deal is below what its user waits for.
   */
  data: {
    /**
     * What the price had to be below.
     */
    below: number;
    /**
     * The currency.
     */
    currency: string;
    /**
     * Which deal.
     */
    dealId: string;
    /**
     * What it costs.
     */
    price: number;
    /**
     * What is offered.
     */
    title: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'PriceAlert';
}
export interface PriceUpdate {
  /**
   * The price of a deal changed.
   */
  data: {
    /**
     * Since when, in seconds since 1970.
     */
    changedAt: number;
    /**
     * The currency.
     */
    currency: string;
    /**
     * Which deal.
     */
    dealId: string;
    /**
     * What it costs.
     */
    newPrice: number;
    /**
     * What it cost before.
     */
    oldPrice: number;
    /**
     * What is offered.
     */
    title: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'PriceUpdate';
}
export interface TaskStatus {
  /**
   * How far a task has come.
   */
  data: {
    /**
     * A sentence about it.
     */
    message?: string | null;
    /**
     * Percent that is done.
     */
    progress?: number | null;
    /**
     * Its status, a word of its producer's.
     */
    status: string;
    /**
     * Which task.
     */
    taskId: string;
    /**
     * Since when, in seconds since 1970.
     */
    updatedAt: number;
  };
  requestId?: string;
  timestamp: number;
  type: 'TaskStatus';
}
export interface AckConfirmed {
  /**
   * The notification was acknowledged, now or before.
   */
  data: {
    /**
     * Which one.
     */
    notificationId: string;
    /**
     * That it is read.
     */
    status: 'unread' | 'read';
  };
  requestId?: string;
  timestamp: number;
  type: 'ackConfirmed';
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
      | 'AUTHENTICATION_ERROR'
      | 'AUTHORIZATION_ERROR'
      | 'NOT_FOUND'
      | 'RATE_LIMIT_EXCEEDED'
      | 'MESSAGE_TOO_LARGE'
      | 'INTERNAL_ERROR'
      | 'CONNECTION_ERROR';
    /**
     * What else is known.
     */
    details?: {
      /**
       * The offending field.
       */
      field?: string | null;
      /**
       * Why it cannot be done now.
       */
      reason?:
        | (
            | 'busy'
            | 'storage_full'
            | 'handler_failed'
            | 'slow_consumer'
            | 'idle'
            | 'too_old'
            | 'restarting'
            | 'going_down'
          )
        | null;
      /**
       * Milliseconds after which it may work.
       */
      retryAfterMs?: number | null;
      /**
       * How many pushes the connection missed.
       */
      skipped?: number | null;
      /**
       * `GET /api/deals` with this `updatedAfter`, in seconds since the epoch, gives the deals of missed
       * pushes.
       */
      updatedAfter?: number | null;
    } | null;
    /**
     * A sentence to show.
     */
    message: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'error';
}
export interface MessageSent {
  /**
   * A message was stored.
   */
  data: {
    /**
     * Its id.
     */
    messageId: string;
    /**
     * Whether the recipient was there.
     */
    status: 'delivered' | 'queued';
    /**
     * When it was stored, in seconds since 1970.
     */
    timestamp: number;
  };
  requestId?: string;
  timestamp: number;
  type: 'messageSent';
}
export interface Pong {
  /**
   * The answer to `ping`.
   */
  data: {};
  requestId?: string;
  timestamp: number;
  type: 'pong';
}
export interface RoomJoined {
  /**
   * The connection is in the room, whose state this is.
   */
  data: {
    /**
     * Names the history that every `seq` and message id belongs to.
     */
    epoch: string;
    /**
     * Whether there are more in the direction asked: newer ones after `after`, else older ones.
     */
    hasMore: boolean;
    /**
     * How many users are in it.
     */
    memberCount: number;
    /**
     * Ids of the users in it, at most 200, sorted.
     */
    members: string[];
    /**
     * The newest messages, or those that were missed, oldest first.
     *
     * Items: A stored message.
     */
    messages: {
      /**
       * What was said.
       */
      content: string;
      /**
       * Its id.
       */
      messageId: string;
      /**
       * Whom it was said to: a user id, or the room.
       */
      recipientId: string;
      /**
       * The room it was said in, where it was.
       */
      roomId?: string | null;
      /**
       * Who said it: a user id, or `agent:ID`.
       */
      senderId: string;
      /**
       * Its place among the messages of the room, or of the two people, from 1, without a gap.
       */
      seq: number;
      /**
       * When it was stored, in seconds since 1970.
       */
      timestamp: number;
      /**
       * `text`, `code`, `image` or `file`.
       */
      type: string;
    }[];
    /**
     * Whether `messages` continues from `after`.
     */
    recovered: boolean;
    /**
     * Which room.
     */
    roomId: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'roomJoined';
}
export interface RoomLeft {
  /**
   * The connection is no longer in the room.
   */
  data: {
    /**
     * Which room.
     */
    roomId: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'roomLeft';
}
export interface SubscriptionCancelled {
  /**
   * The subscription has ended.
   */
  data: {
    /**
     * Its id.
     */
    subscriptionId: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'subscriptionCancelled';
}
export interface SubscriptionConfirmed {
  /**
   * The subscription is in force.
   */
  data: {
    /**
     * That it is in force.
     */
    status: 'active';
    /**
     * Its id; the same topic and filters have the same one.
     */
    subscriptionId: string;
    /**
     * The topic.
     */
    topic: 'new-deals' | 'price-updates' | 'price-alerts' | 'notifications' | 'task-status';
  };
  requestId?: string;
  timestamp: number;
  type: 'subscriptionConfirmed';
}
export interface TokenRefreshed {
  /**
   * A fresh token of the same user, with which to connect again.
   */
  data: {
    /**
     * Until when it is valid, in seconds since 1970.
     */
    expiresAt: number;
    /**
     * The token, which no log is to see.
     */
    token: string;
  };
  requestId?: string;
  timestamp: number;
  type: 'tokenRefreshed';
}
export interface JoinRoomRequest {
  action: 'joinRoom';
  data: {
    after?: string | number;
    epoch?: string;
    roomId: string;
  };
  requestId?: string;
}
export interface LeaveRoomRequest {
  action: 'leaveRoom';
  data: {
    roomId: string;
  };
  requestId?: string;
}
export interface NotificationAckRequest {
  action: 'notificationAck';
  data: {
    notificationId: string;
  };
  requestId?: string;
}
export interface PingRequest {
  action: 'ping';
  data?: {};
  requestId?: string;
}
export interface RefreshTokenRequest {
  action: 'refreshToken';
  data?: {};
  requestId?: string;
}
export interface SendMessageRequest {
  action: 'sendMessage';
  data: {
    content: string;
    recipientId: string;
    type?: 'text' | 'code' | 'image' | 'file';
  };
  requestId?: string;
}
export interface SubscribeToDealsRequest {
  action: 'subscribeToDeals';
  data: {
    filters?: {
      category?: string | [string, ...string[]];
      currency?: string;
      keywords?: string | [string, ...string[]];
      maxPrice?: number;
      merchant?: string | [string, ...string[]];
      minDiscount?: number;
      minPrice?: number;
    };
    topic: 'new-deals' | 'price-updates' | 'price-alerts' | 'notifications' | 'task-status';
  };
  requestId?: string;
}
export interface UnsubscribeFromDealsRequest {
  action: 'unsubscribeFromDeals';
  data: {
    subscriptionId: string;
  };
  requestId?: string;
}
