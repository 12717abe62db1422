import { Refusal } from './fault.js';
import { type Placed, Timeline } from './timeline.js';

/** A page of a room's stored messages, oldest first, as every protocol answers it. */
export interface HistoryPage<Message> {
  readonly messages: readonly Message[];
  /** Whether more follow, behind a position; else whether there are older ones. */
  readonly hasMore: boolean;
  /** Names the history that every place belongs to. */
  readonly epoch: string;
  /** Whether it continues from the position that was asked for; else it is the newest page. */
  readonly recovered: boolean;
}

/** A place in a history. */
export interface Position {
  readonly after: number;
  readonly epoch: string;
}

/** Messages that are told while pages are read; past it they are read too. */
const HELD_MAX = 1_000;
/** How long to wait before what was refused for now is read again, where the server does not say: milliseconds. */
const AGAIN_AFTER = 2_000;

/**
 * The messages of one room over drops: told as they are stored, and read from the last one that is known.
 *
 * **Invariant**: up to {@link position} nothing is missing. Places are dense, so a message that is told and
 * does not follow shows that something was missed, which is read then; what is told while pages are read
 * comes behind them.
 */
export class Backlog<Message extends Placed> {
  readonly #read: (position: Position | undefined) => Promise<HistoryPage<Message>>;
  readonly #onRead: () => void;
  readonly #timeline = new Timeline<Message>();
  #epoch: string | undefined;
  /** The last place without a gap before it; 0 where nothing is known. */
  #place = 0;
  #hasOlder = false;
  #held: Message[] | undefined;
  /** Whether something that was told was not kept. */
  #isBehind = false;
  #reading: Promise<void> = Promise.resolve();
  #readings = 0;

  /** `read` asks for the page behind a position, or for the newest one; `onRead` is told of what has come in. */
  constructor(
    read: (position: Position | undefined) => Promise<HistoryPage<Message>>,
    onRead: () => void,
  ) {
    this.#read = read;
    this.#onRead = onRead;
  }

  /** Oldest first; the same array as long as this is. */
  get messages(): readonly Message[] {
    return this.#timeline.messages;
  }

  /** Changes whenever {@link messages} does. */
  get revision(): number {
    return this.#timeline.revision;
  }

  /** Whether a page was read: before, nothing is known of what was said. */
  get isRead(): boolean {
    return this.#epoch !== undefined;
  }

  /** Whether there are messages before the oldest one here. */
  get hasOlder(): boolean {
    return this.#hasOlder && !this.#timeline.isFull;
  }

  /** From where on messages are missed; none where nothing is known. */
  get position(): Position | undefined {
    if (this.#place === 0 || this.#epoch === undefined) return undefined;
    return { after: this.#place, epoch: this.#epoch };
  }

  /**
   * Reads what was missed, on every connection anew. What the server refuses for now is asked for again.
   *
   * @throws {Refusal} where it refuses it for good
   * @throws {Unanswered} where the connection ended: then what was told meanwhile is read with the rest
   */
  catchUp(): Promise<void> {
    this.#readings += 1;
    this.#held = [];
    this.#isBehind = false;
    this.#reading = this.#readAll(this.#readings);
    return this.#reading;
  }

  /** One was told; whether it is among {@link messages} now. */
  tell(message: Message): boolean {
    if (this.#held === undefined && message.seq <= this.#place + 1) {
      this.#place = Math.max(this.#place, message.seq);
      return this.#timeline.add(message);
    }
    // Something before it is missing. A reading that fails is the next connection's.
    if (this.#held === undefined) this.catchUp().catch(() => {});
    if (this.#held === undefined) return false;
    if (this.#held.push(message) > HELD_MAX) {
      this.#held = [];
      this.#isBehind = true;
    }
    return false;
  }

  /** Adds a page from before the oldest one, as it was read in that history. */
  addOlder({ messages, hasMore, epoch }: HistoryPage<Message>): void {
    if (epoch !== this.#epoch) return;
    this.#timeline.addPage(messages);
    this.#hasOlder = hasMore;
  }

  async #readAll(reading: number): Promise<void> {
    try {
      for (;;) {
        const hasMore = await this.#readOne(reading);
        if (reading !== this.#readings) return await this.#reading;
        if (hasMore || this.#isBehind) continue;
        this.#release();
        return;
      }
    } catch (error) {
      if (reading !== this.#readings) return this.#reading;
      if (error instanceof Refusal) this.#release();
      throw error;
    }
  }

  /** Reads one page; whether there is another one. */
  async #readOne(reading: number): Promise<boolean> {
    const { position } = this;
    const wasBehind = this.#isBehind;
    this.#isBehind = false;
    try {
      const page = await this.#read(position);
      return reading === this.#readings && this.#take(page, position);
    } catch (error) {
      if (!(error instanceof Refusal) || !error.isPassing) throw error;
      this.#isBehind ||= wasBehind;
      await new Promise((resolve) => setTimeout(resolve, error.retryAfter ?? AGAIN_AFTER));
      return true;
    }
  }

  #take(page: HistoryPage<Message>, position: Position | undefined): boolean {
    const { messages, hasMore, epoch, recovered } = page;
    this.#epoch = epoch;
    const isNext = position !== undefined && recovered;
    if (isNext) {
      this.#timeline.addPage(messages);
    } else {
      this.#timeline.replace(messages);
      this.#hasOlder = hasMore;
    }
    this.#place = messages.at(-1)?.seq ?? (isNext ? this.#place : 0);
    this.#onRead();
    // A page that says that more follow, and is empty, would be asked for forever.
    return isNext && hasMore && messages.length > 0;
  }

  /** What was told meanwhile comes in. */
  #release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#timeline.addPage(held);
    this.#place = Math.max(this.#place, held.at(-1)?.seq ?? 0);
    if (held.length > 0) this.#onRead();
  }
}
