import { Api } from './api.js';
import { Client, ONCE } from './client.js';
import type { Options, RequestOptions } from './connection.js';
import { Counts } from './counts.js';
import { Board, type Deal, type Filters } from './deals/board.js';
import { type DealsMessage, type Room, Rooms } from './deals/rooms.js';
import type { Dialect } from './dialect.js';
import { Refusal } from './fault.js';
import { randomId } from './ids.js';
import { Listeners } from './listeners.js';
import type {
  Notification,
  PriceAlert,
  RoomJoined,
  SendMessageRequest,
  TaskStatus,
  ToClient,
  ToServer,
} from './messages/deals.js';
import { type Snapshots, Store } from './store.js';

export type { Deal, DealsMessage, Filters, Room };

/** What can be subscribed to. */
export type Topic = 'new-deals' | 'price-updates';

/** What somebody was told of, newest first. */
export interface Mail {
  readonly notifications: readonly Notification['data'][];
  readonly alerts: readonly PriceAlert['data'][];
  readonly tasks: readonly TaskStatus['data'][];
}

/** Notifications, alerts and tasks kept, of each. */
const MAIL_MAX = 1_000;
/** Ids of messages that were told, so that what comes again is known. */
const SEEN_MAX = 10_000;

const dialect = (stage: string): Dialect<ToServer, ToClient> => ({
  path: `/${stage}`,
  bytesMax: 131_072,
  encode: (message, requestId) =>
    JSON.stringify(requestId === undefined ? message : { ...message, requestId }),
  answers: (message) => message.requestId,
  refuses: (message) => {
    if (message.type !== 'error') return undefined;
    const { code, message: words, details } = message.data;
    const { field, retryAfterMs } = details ?? {};
    return new Refusal(code, words, field ?? undefined, retryAfterMs ?? undefined, details);
  },
  ping: () => ({ action: 'ping', data: {} }),
  proof: '/api/notifications?limit=1',
});

interface Subscription {
  readonly topic: Topic;
  readonly filters: Filters;
  /** The server's name for it over this connection. */
  id?: string;
}

/**
 * Deals, what somebody is to hear of, and messages (protocol B).
 *
 * Subscriptions end with a connection and are made anew on the next one, and the deals that changed meanwhile
 * are read; rooms are joined again from the last message that is known; the server sends what waited by itself.
 */
export class DealsClient extends Client<ToServer, ToClient> {
  readonly mail = new Store<Mail>({ notifications: [], alerts: [], tasks: [] });
  readonly #board = new Board();
  readonly #rooms = new Rooms((roomId, position) => this.#askToJoin(roomId, position));
  readonly #subscriptions = new Map<string, Subscription>();
  /** How often each subscription, and each room, is wanted. */
  readonly #wanted = new Counts();
  readonly #seen = new Set<string>();
  readonly #direct = new Listeners<DealsMessage>();
  readonly #api: Api;
  /** When the server said something last, by its clock, in seconds since 1970. */
  #heardAt = 0;

  constructor(options: Options & { readonly stage?: string }) {
    super(dialect(options.stage ?? ''), options);
    this.#api = new Api(options);
    this.onEachOpen(() => this.#resume());
    this.connection.onMessage(({ timestamp }) => {
      this.#heardAt = Math.max(this.#heardAt, timestamp);
    });
    this.on('DealUpdate', ({ data }) => this.#board.note(data));
    this.on('PriceUpdate', ({ data: { dealId, newPrice, changedAt } }) =>
      this.#board.notePrice(dealId, newPrice, changedAt),
    );
    // Pushes were left out, for this connection did not keep up.
    this.on('error', ({ data: { details } }) => {
      if (details?.updatedAfter != null) void this.#readMissed(details.updatedAfter);
    });
    this.on('Notification', ({ data }) => {
      this.#noteMail(
        'notifications',
        data,
        (other) => other.notificationId === data.notificationId,
      );
    });
    this.on('PriceAlert', ({ data }) => {
      this.#noteMail('alerts', data, (other) => other.dealId === data.dealId);
    });
    this.on('TaskStatus', ({ data }) => {
      this.#noteMail('tasks', data, (other) => other.taskId === data.taskId);
    });
    this.on('ChatMessage', ({ data }) => this.#noteMessage(data));
  }

  /** Every deal that was told of, by id, ten thousand at most; the one told of last stands last. */
  get deals(): Snapshots<ReadonlyMap<string, Deal>> {
    return this.#board.deals;
  }

  /** Rooms that were joined, by id. */
  get rooms(): Store<ReadonlyMap<string, Room>> {
    return this.#rooms.all;
  }

  /**
   * Is told of deals; what comes back is the subscription's name here. The same wish twice is one, and has
   * to be let go twice. Where it rejects, nothing is subscribed.
   */
  async subscribeToDeals(topic: Topic, filters: Filters = {}): Promise<string> {
    const name = JSON.stringify([topic, filters]);
    const subscription: Subscription = this.#subscriptions.get(name) ?? { topic, filters };
    this.#subscriptions.set(name, subscription);
    this.#wanted.add(name);
    this.#showActivity();
    try {
      await this.#subscribe(subscription);
    } catch (error) {
      if (this.#wanted.remove(name)) this.#subscriptions.delete(name);
      this.#showActivity();
      throw error;
    }
    return name;
  }

  /** Is told no longer. */
  async unsubscribeFromDeals(name: string): Promise<void> {
    if (!this.#wanted.remove(name)) return;
    const subscription = this.#subscriptions.get(name);
    this.#subscriptions.delete(name);
    this.#showActivity();
    const subscriptionId = subscription?.id;
    if (subscriptionId === undefined) return;
    const message = { action: 'unsubscribeFromDeals', data: { subscriptionId } } as const;
    await this.ask(message, 'subscriptionCancelled', ONCE);
  }

  /** Marks a notification as read; it does not come again. */
  async acknowledge(notificationId: string): Promise<void> {
    const message = { action: 'notificationAck', data: { notificationId } } as const;
    await this.ask(message, 'ackConfirmed');
    this.mail.update((mail) => ({
      ...mail,
      notifications: mail.notifications.map((other) =>
        other.notificationId === notificationId ? { ...other, status: 'read' } : other,
      ),
    }));
  }

  /**
   * Joins a room: its newest messages, and from then on every one. Who joins twice has to leave twice. Where
   * it rejects, it is not joined.
   */
  async joinRoom(roomId: string): Promise<Room> {
    this.#wanted.add(`room ${roomId}`);
    try {
      return await this.#rooms.join(roomId);
    } catch (error) {
      if (this.#wanted.remove(`room ${roomId}`)) this.#rooms.forget(roomId);
      throw error;
    } finally {
      this.#showActivity();
    }
  }

  /** Leaves it. */
  async leaveRoom(roomId: string): Promise<void> {
    if (!this.#wanted.remove(`room ${roomId}`)) return;
    this.#rooms.forget(roomId);
    this.#showActivity();
    await this.ask({ action: 'leaveRoom', data: { roomId } }, 'roomLeft', ONCE);
  }

  /** Sends to a user or a room; resolves once it is stored, with whether somebody was there. */
  async sendMessage(
    recipientId: string,
    content: string,
    type: NonNullable<SendMessageRequest['data']['type']> = 'text',
  ): Promise<{ messageId: string; status: 'delivered' | 'queued' }> {
    const message = { action: 'sendMessage', data: { recipientId, content, type } } as const;
    const id = randomId();
    const { data } = await this.ask(message, 'messageSent', { id });
    return { messageId: data.messageId, status: data.status };
  }

  /**
   * A fresh token of the same user, where the server makes tokens itself; `expiresAt` in seconds since 1970.
   * This connection keeps its own: the next dial is the one to use it.
   */
  async refreshToken(): Promise<{ token: string; expiresAt: number }> {
    return (await this.ask({ action: 'refreshToken', data: {} }, 'tokenRefreshed', ONCE)).data;
  }

  /** Tells of messages between two people, each once, however often it comes; not of those of rooms. */
  onDirectMessage(listener: (message: DealsMessage) => void): () => void {
    return this.#direct.add(listener);
  }

  async #resume(): Promise<void> {
    const lostAt = this.#heardAt;
    const subscriptions = [...this.#subscriptions.values()];
    const wanted = subscriptions.map((subscription) => this.#subscribe(subscription, ONCE));
    const rooms = this.#rooms.ids.map((roomId) => this.#rooms.join(roomId));
    await Promise.allSettled([...wanted, ...rooms]);
    // Times are whole seconds: that of the last word is read once more.
    if (lostAt > 0) await this.#readMissed(lostAt - 1);
  }

  /** Reads the deals that changed behind a time and are wished for. */
  async #readMissed(updatedAfter: number): Promise<void> {
    const read = [...this.#subscriptions.values()].map(({ topic, filters }) => {
      const which = topic === 'new-deals' ? 'all' : 'known';
      return this.#board.readMissed(this.#api, filters, updatedAfter, which);
    });
    await Promise.allSettled(read);
  }

  async #subscribe(subscription: Subscription, options: RequestOptions = {}): Promise<void> {
    const { topic, filters } = subscription;
    const message = { action: 'subscribeToDeals', data: { topic, filters } } as const;
    const { data } = await this.ask(message, 'subscriptionConfirmed', options);
    subscription.id = data.subscriptionId;
  }

  async #askToJoin(roomId: string, position: object | undefined): Promise<RoomJoined['data']> {
    const message = { action: 'joinRoom', data: { roomId, ...position } } as const;
    return (await this.ask(message, 'roomJoined')).data;
  }

  #noteMessage(message: DealsMessage): void {
    const { roomId, messageId } = message;
    if (roomId != null) {
      // Of one that is not joined here it is for another connection of this user.
      this.#rooms.tell(roomId, message);
      return;
    }
    // What waits comes on each connection until it was taken.
    if (this.#seen.has(messageId)) return;
    this.#seen.add(messageId);
    const [oldest] = this.#seen;
    if (this.#seen.size > SEEN_MAX && oldest !== undefined) this.#seen.delete(oldest);
    this.#direct.tell(message);
  }

  #noteMail<Kind extends keyof Mail>(
    kind: Kind,
    entry: Mail[Kind][number],
    isOlder: (other: Mail[Kind][number]) => boolean,
  ): void {
    this.mail.update((mail) => {
      const others = (mail[kind] as Mail[Kind][number][]).filter((other) => !isOlder(other));
      return { ...mail, [kind]: [entry, ...others].slice(0, MAIL_MAX) };
    });
  }

  #showActivity(): void {
    const topics = [...this.#subscriptions.values()].map(({ topic }) => topic);
    const to = [...topics, ...this.#rooms.ids];
    this.connection.use(to.length === 0 ? undefined : { status: 'subscribed', to });
  }
}
