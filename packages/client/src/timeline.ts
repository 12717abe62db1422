/** What is stored in a room: each has a place, dense from 1. */
export interface Placed {
  readonly seq: number;
}

/** Messages kept of one room; past it the oldest go, and can be asked for again. */
export const TIMELINE_MAX = 100_000;

/**
 * The messages of one room without doubles, in their order, however they came: told as they were stored, or
 * read as pages. The array is the same as long as the timeline is, so that adding one message to many costs
 * no more than to few; {@link revision} says whether it has changed.
 */
export class Timeline<Message extends Placed> {
  #messages: Message[] = [];
  #revision = 0;

  /** Oldest first. */
  get messages(): readonly Message[] {
    return this.#messages;
  }

  /** Counts the changes. */
  get revision(): number {
    return this.#revision;
  }

  /** The place of the newest one; 0 where there is none. */
  get last(): number {
    return this.#messages.at(-1)?.seq ?? 0;
  }

  /** Whether there is no room for older ones. */
  get isFull(): boolean {
    return this.#messages.length >= TIMELINE_MAX;
  }

  /** Adds one; false where it is there already. */
  add(message: Message): boolean {
    const place = this.#placeOf(message.seq);
    if (this.#messages[place]?.seq === message.seq) return false;
    this.#messages.splice(place, 0, message);
    if (this.#messages.length > TIMELINE_MAX) this.#messages.shift();
    this.#revision += 1;
    return true;
  }

  /** Adds a page, oldest first. */
  addPage(page: readonly Message[]): void {
    const [first] = page;
    const isOlder = first !== undefined && (this.#messages[0]?.seq ?? 0) > (page.at(-1)?.seq ?? 0);
    if (isOlder && this.#messages.length + page.length <= TIMELINE_MAX) {
      // In front of all: as one, where each by itself would move everything.
      this.#messages.unshift(...page);
      this.#revision += 1;
      return;
    }
    for (const message of page) this.add(message);
  }

  /** Begins anew with a page. */
  replace(page: readonly Message[]): void {
    this.#messages = [...page];
    this.#revision += 1;
  }

  /** Where `seq` is, or would be. New ones come last. */
  #placeOf(seq: number): number {
    if (seq > this.last) return this.#messages.length;
    let [low, high] = [0, this.#messages.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#messages[middle]?.seq ?? 0) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
