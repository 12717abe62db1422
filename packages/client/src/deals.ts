import { Client, ONCE } from './client.js';
import type { Options } from './connection.js';
import { Counts } from './counts.js';
import type { Dialect } from './dialect.js';
import { Refusal } from './fault.js';
import type {
  ChatMessage,
  DealUpdate,
  Notification,
  PriceAlert,
  RoomJoined,
  SubscribeToDealsRequest,
  TaskStatus,
  ToClient,
  ToServer,
} from './messages/deals.js';
import { Snapshots, Store } from './store.js';
import { Timeline } from './timeline.js';

/** A deal as it was told last. */
export type Deal = DealUpdate['data'];
/** What a subscription wants to hear of; all of it must hold. */
export type Filters = NonNullable<SubscribeToDealsRequest['data']['filters']>;
/** What can be subscribed to. */
export type Topic = 'new-deals' | 'price-updates';
/** A stored message of a room, or of two people. */
export type DealsMessage = ChatMessage['data'];

/** A room that was joined. */
export interface Room {
  readonly roomId: string;
  readonly memberCount: number;
  readonly messages: readonly DealsMessage[];
  readonly revision: number;
}

/** What somebody was told of, newest first. */
export interface Mail {
  readonly notifications: readonly Notification['data'][];
  readonly alerts: readonly PriceAlert['data'][];
  readonly tasks: readonly TaskStatus['data'][];
}

/** Deals kept; past it the ones that were told of longest ago go. */
const DEALS_MAX = 10_000;
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
  ping: { action: 'ping', data: {} },
});

interface Subscription {
  readonly topic: Topic;
  readonly filters: Filters;
  /** The server's name for it over this connection. */
  id?: string;
}

interface Joined {
  readonly timeline: Timeline<DealsMessage>;
  epoch?: string;
  memberCount: number;
}

/**
 * Deals, what somebody is to hear of, and messages (protocol B).
 *
 * Subscriptions end with a connection and are made anew on the next one; rooms are joined again from the
 * last message that is known; the server sends what waited by itself.
 */
export class DealsClient extends Client<ToServer, ToClient> {
  /** Every deal that was told of, by id; the one told of last stands last. */
  readonly deals = new Snapshots<ReadonlyMap<string, Deal>>(() => new Map(this.#deals));
  readonly mail = new Store<Mail>({ notifications: [], alerts: [], tasks: [] });
  /** Rooms that were joined, by id. */
  readonly rooms = new Store<ReadonlyMap<string, Room>>(new Map());
  readonly #deals = new Map<string, Deal>();
  readonly #subscriptions = new Map<string, Subscription>();
  /** How often each subscription, and each room, is wanted. */
  readonly #wanted = new Counts();
  readonly #joined = new Map<string, Joined>();
  readonly #seen = new Set<string>();
  readonly #direct = new Set<(message: DealsMessage) => void>();

  constructor(options: Options & { readonly stage?: string }) {
    super(dialect(options.stage ?? ''), options);
    this.onEachOpen(() => this.#resume());
    this.on('DealUpdate', ({ data }) => this.#noteDeal(data));
    this.on('PriceUpdate', ({ data: { dealId, newPrice } }) => {
      const deal = this.#deals.get(dealId);
      if (deal !== undefined) this.#noteDeal({ ...deal, price: newPrice });
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

  /** Is told of deals; what comes back is the subscription's name here. The same wish twice is one. */
  async subscribeToDeals(topic: Topic, filters: Filters = {}): Promise<string> {
    const name = JSON.stringify([topic, filters]);
    const subscription: Subscription = this.#subscriptions.get(name) ?? { topic, filters };
    this.#subscriptions.set(name, subscription);
    this.#wanted.add(name);
    this.#showActivity();
    try {
      await this.#subscribe(subscription);
    } catch (error) {
      if (error instanceof Refusal && this.#wanted.remove(name)) this.#subscriptions.delete(name);
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

  /** Joins a room: its newest messages, and from then on every one. */
  async joinRoom(roomId: string): Promise<Room> {
    this.#wanted.add(`room ${roomId}`);
    await this.#join(roomId, {});
    const room = this.rooms.value.get(roomId);
    if (room === undefined) throw new Error(`The room ${roomId} was left meanwhile`);
    return room;
  }

  /** Leaves it. */
  async leaveRoom(roomId: string): Promise<void> {
    if (!this.#wanted.remove(`room ${roomId}`)) return;
    this.#joined.delete(roomId);
    this.rooms.update((rooms) => new Map([...rooms].filter(([id]) => id !== roomId)));
    await this.ask({ action: 'leaveRoom', data: { roomId } }, 'roomLeft', ONCE);
  }

  /** Sends to a user or a room; resolves once it is stored, with whether somebody was there. */
  async sendMessage(
    recipientId: string,
    content: string,
    type = 'text',
  ): Promise<{ messageId: string; status: 'delivered' | 'queued' }> {
    const message = { action: 'sendMessage', data: { recipientId, content, type } } as ToServer;
    const id = crypto.randomUUID();
    const { data } = await this.ask(message, 'messageSent', { id });
    return { messageId: data.messageId, status: data.status };
  }

  /** Tells of messages of other people, each once, however often it comes. */
  onDirectMessage(listener: (message: DealsMessage) => void): () => void {
    this.#direct.add(listener);
    return () => this.#direct.delete(listener);
  }

  async #resume(): Promise<void> {
    const subscriptions = [...this.#subscriptions.values()];
    const wanted = subscriptions.map((subscription) => this.#subscribe(subscription, ONCE));
    const rooms = [...this.#joined.keys()].map((roomId) => this.#join(roomId, ONCE));
    await Promise.allSettled([...wanted, ...rooms]);
  }

  async #subscribe(subscription: Subscription, options = {}): Promise<void> {
    const { topic, filters } = subscription;
    const message = { action: 'subscribeToDeals', data: { topic, filters } } as ToServer;
    const { data } = await this.ask(message, 'subscriptionConfirmed', options);
    subscription.id = data.subscriptionId;
  }

  async #join(roomId: string, options: object): Promise<void> {
    const known = this.#joined.get(roomId);
    const joined = known ?? { timeline: new Timeline<DealsMessage>(), memberCount: 0 };
    this.#joined.set(roomId, joined);
    joined.timeline.hold();
    try {
      await this.#readMissed(roomId, joined, options);
    } finally {
      joined.timeline.release();
      if (this.#joined.get(roomId) === joined) this.#showRoom(roomId, joined);
    }
  }

  async #readMissed(roomId: string, joined: Joined, options: object): Promise<void> {
    const { epoch } = joined;
    // Where the pages have come to: what is told meanwhile is further.
    let after = joined.timeline.last;
    for (;;) {
      const position = after > 0 && epoch !== undefined ? { after, epoch } : {};
      const message = { action: 'joinRoom', data: { roomId, ...position } } as const;
      const page = (await this.ask(message, 'roomJoined', options)).data;
      if (this.#joined.get(roomId) !== joined) return;
      this.#take(joined, page, after > 0);
      if (!page.hasMore || !page.recovered || after === 0) return;
      after = page.messages.at(-1)?.seq ?? after;
    }
  }

  #take(joined: Joined, page: RoomJoined['data'], wasKnown: boolean): void {
    const { timeline } = joined;
    if (wasKnown && !page.recovered) timeline.replace(page.messages);
    else timeline.addPage(page.messages);
    joined.epoch = page.epoch;
    joined.memberCount = page.memberCount;
    this.#showRoom(page.roomId, joined);
  }

  #showRoom(roomId: string, { timeline, memberCount }: Joined): void {
    const { messages, revision } = timeline;
    this.rooms.update((rooms) =>
      new Map(rooms).set(roomId, { roomId, memberCount, messages, revision }),
    );
  }

  #noteMessage(message: DealsMessage): void {
    const { roomId } = message;
    const joined = roomId == null ? undefined : this.#joined.get(roomId);
    if (joined !== undefined && roomId != null) {
      joined.timeline.tell(message);
      return this.#showRoom(roomId, joined);
    }
    // What waits comes on each connection until it was taken.
    if (this.#seen.has(message.messageId)) return;
    this.#seen.add(message.messageId);
    if (this.#seen.size > SEEN_MAX) {
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    }
    for (const listener of [...this.#direct]) listener(message);
  }

  #noteDeal(deal: Deal): void {
    const deals = this.#deals;
    deals.delete(deal.dealId);
    if (deal.event !== 'removed') deals.set(deal.dealId, deal);
    const [oldest] = deals.keys();
    if (deals.size > DEALS_MAX && oldest !== undefined) deals.delete(oldest);
    this.deals.changed();
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
    const to = [...this.#subscriptions.values()].map(({ topic }) => topic);
    const rooms = [...this.#joined.keys()];
    const all = [...to, ...rooms];
    this.connection.use(all.length === 0 ? undefined : { status: 'subscribed', to: all });
  }
}
