import { Client, ONCE } from './client.js';
import type { Options } from './connection.js';
import { classDialect } from './learning.js';
import type { History, Message, ToClient, ToServer } from './messages/chat.js';
import { Store } from './store.js';
import { Timeline } from './timeline.js';
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
  readonly people: readonly Person[];
  readonly typing: readonly Person[];
  /** One's own that are not stored yet. */
  readonly sending: readonly { readonly id: string; readonly content: string }[];
}

/** Messages of a page. */
const PAGE = 50;
/** The most messages of a page, for catching up. */
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
    typing: [],
    sending: [],
  });
  readonly #timeline = new Timeline<ChatMessage>();
  readonly #typists = new Typists<Person>((typing) => this.#show({ typing }));
  #epoch: string | undefined;

  constructor(
    /** The context. */
    readonly contextId: string,
    options: Options,
  ) {
    super(classDialect('/api/chat/ws', contextId), options);
    this.onEachOpen(() => this.#resume());
    this.on('message', ({ data }) => {
      this.#timeline.tell(data);
      this.#typists.remove(data.author);
      this.#show({});
    });
    this.on('user_joined', ({ data: { userId, username } }) => {
      const others = this.#peopleWithout(userId);
      this.#show({ people: [...others, { userId, username }] });
    });
    this.on('user_left', ({ data: { userId } }) => {
      this.#typists.remove(userId);
      this.#show({ people: this.#peopleWithout(userId) });
    });
    // Also untold: to a client that was so far behind that comings and goings were left out.
    this.on('members', ({ data }) => this.#show({ people: data.users }));
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
    const id = crypto.randomUUID();
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
    const before = this.#timeline.messages[0]?.seq;
    const data = before === undefined ? { limit: PAGE } : { limit: PAGE, before };
    const { messages, hasMore } = await this.#history(data);
    this.#timeline.addPage(messages);
    this.#show({ hasOlder: hasMore });
    return hasMore;
  }

  async #resume(): Promise<void> {
    await Promise.all([this.#catchUp(), this.#readPeople()]);
  }

  async #readPeople(): Promise<void> {
    await this.ask({ type: 'members', data: {} }, 'members', ONCE);
  }

  async #catchUp(): Promise<void> {
    this.#timeline.hold();
    try {
      await this.#readMissed();
    } finally {
      this.#timeline.release();
      this.#show({});
    }
  }

  async #readMissed(): Promise<void> {
    let after = this.#timeline.last;
    if (after === 0 || this.#epoch === undefined) {
      return this.#begin(await this.#history({ limit: PAGE }));
    }
    for (;;) {
      const page = await this.#history({ limit: PAGE_MAX, after, epoch: this.#epoch });
      if (!page.recovered) return this.#begin(page);
      this.#timeline.addPage(page.messages);
      if (!page.hasMore) return;
      after = page.messages.at(-1)?.seq ?? after;
    }
  }

  /** Begins with the newest page: the first one, or that of another log than the one that was known. */
  #begin({ messages, hasMore, epoch }: History['data']): void {
    this.#epoch = epoch;
    this.#timeline.replace(messages);
    this.#show({ hasOlder: hasMore, isRead: true });
  }

  async #history(data: {
    limit: number;
    before?: number;
    after?: number;
    epoch?: string;
  }): Promise<History['data']> {
    return (await this.ask({ type: 'history', data }, 'history', ONCE)).data;
  }

  #peopleWithout(userId: string): Person[] {
    return this.chat.value.people.filter((person) => person.userId !== userId);
  }

  #show(change: Partial<Chat>): void {
    const { messages, revision } = this.#timeline;
    this.chat.update((chat) => ({ ...chat, ...change, messages, revision }));
  }
}
