import { Backlog, type HistoryPage, type Position } from './backlog.js';
import { Client, ONCE } from './client.js';
import type { Options } from './connection.js';
import { randomId } from './ids.js';
import { classDialect } from './learning.js';
import type { Message, ToClient, ToServer } from './messages/chat.js';
import { Store } from './store.js';
import { Typists } from './typists.js';

/** A stored message of a context. */
export type ChatMessage = Message['data'];

/** Somebody who is there. */
export interface Person {
  readonly userId: string;
  readonly username: string;
}

/** A context of a class as it looks now. */
export interface Chat {
  /** Oldest first. */
  readonly messages: readonly ChatMessage[];
  /** Changes whenever `messages` does, which stays the same array. */
  readonly revision: number;
  /** Whether the newest were read: before, nothing is known of what was said. */
  readonly isRead: boolean;
  /** Whether there are older ones than those. */
  readonly hasOlder: boolean;
  /** Who is there, oneself included; a thousand at most. */
  readonly people: readonly Person[];
  /** How many are there. */
  readonly onlineCount: number;
  readonly typing: readonly Person[];
  /** One's own that are not stored yet. */
  readonly sending: readonly { readonly id: string; readonly content: string }[];
}

/** People kept. */
const PEOPLE_MAX = 1_000;
/** Messages of the first page. */
const PAGE = 50;
/** The most messages of a page, for catching up and looking back. */
const PAGE_MAX = 200;

/**
 * The chat of one context (protocol C).
 *
 * What was missed during a drop is read by position, from the last message that is known.
 */
export class ChatClient extends Client<ToServer, ToClient> {
  readonly chat = new Store<Chat>({
    messages: [],
    revision: 0,
    isRead: false,
    hasOlder: false,
    people: [],
    onlineCount: 0,
    typing: [],
    sending: [],
  });
  readonly #backlog = new Backlog<ChatMessage>(
    (position) => this.#readPage(position),
    () => this.#show({}),
  );
  readonly #typists = new Typists<Person>((typing) => this.#show({ typing }));

  constructor(
    /** The context. */
    readonly contextId: string,
    options: Options,
  ) {
    super(classDialect('/api/chat/ws', contextId), options);
    this.onEachOpen(() => this.#resume());
    this.on('message', ({ data }) => {
      this.#backlog.tell(data);
      this.#typists.remove(data.author);
      this.#show({});
    });
    this.on('user_joined', ({ data: { userId, username, onlineCount } }) => {
      const others = this.#peopleWithout(userId);
      const people = [...others, { userId, username }].slice(0, PEOPLE_MAX);
      this.#show({ people, onlineCount });
    });
    this.on('user_left', ({ data: { userId, onlineCount } }) => {
      this.#typists.remove(userId);
      this.#show({ people: this.#peopleWithout(userId), onlineCount });
    });
    // Also untold: to a client that was so far behind that comings and goings were left out.
    this.on('members', ({ data: { users: people, onlineCount } }) =>
      this.#show({ people, onlineCount }),
    );
    this.on('typing', ({ data: { userId, username, isTyping } }) => {
      if (isTyping) this.#typists.add(userId, { userId, username });
      else this.#typists.remove(userId);
    });
  }

  /** Sends a message; resolves once it is stored. It is sent over as many connections as it takes. */
  async sendMessage(
    content: string,
    messageType: ChatMessage['messageType'] = 'text',
  ): Promise<ChatMessage> {
    const id = randomId();
    const { sending } = this.chat.value;
    this.#show({ sending: [...sending, { id, content }] });
    try {
      const message = { type: 'message', data: { content, messageType } } as ToServer;
      return (await this.ask(message, 'message', { id })).data;
    } finally {
      this.#show({ sending: this.chat.value.sending.filter((other) => other.id !== id) });
    }
  }

  /** Tells the others that somebody types, or has stopped. */
  setTyping(isTyping: boolean): void {
    this.connection.send({ type: 'typing', data: { isTyping } });
  }

  /** Reads the page before the oldest message that is known; whether there are older ones still. */
  async loadOlder(): Promise<boolean> {
    const before = this.#backlog.messages[0]?.seq;
    const data = before === undefined ? { limit: PAGE } : { limit: PAGE_MAX, before };
    this.#backlog.addOlder(await this.#history(data));
    this.#show({});
    return this.#backlog.hasOlder;
  }

  async #resume(): Promise<void> {
    await Promise.allSettled([this.#backlog.catchUp(), this.#readPeople()]);
  }

  async #readPeople(): Promise<void> {
    await this.ask({ type: 'members', data: {} }, 'members', ONCE);
  }

  #readPage(position: Position | undefined): Promise<HistoryPage<ChatMessage>> {
    return this.#history(
      position === undefined ? { limit: PAGE } : { limit: PAGE_MAX, ...position },
    );
  }

  async #history(data: {
    limit: number;
    before?: number;
    after?: number;
    epoch?: string;
  }): Promise<HistoryPage<ChatMessage>> {
    return (await this.ask({ type: 'history', data }, 'history', ONCE)).data;
  }

  #peopleWithout(userId: string): Person[] {
    return this.chat.value.people.filter((person) => person.userId !== userId);
  }

  #show(change: Partial<Chat>): void {
    const { messages, revision, isRead, hasOlder } = this.#backlog;
    this.chat.update((chat) => ({ ...chat, ...change, messages, revision, isRead, hasOlder }));
  }
}
