import { type Refusal, Unanswered } from './fault.js';

/** What may wait for the connection or for an answer. */
export interface Capacity {
  readonly requests: number;
  /** Of their texts, in UTF-16 code units. */
  readonly length: number;
}

/** A thousand requests, a mebibyte of text. */
export const CAPACITY: Capacity = { requests: 1_000, length: 1_048_576 };

/** A request that has no answer yet. */
export interface Request<Received> {
  readonly id: string;
  readonly text: string;
  /** Whether it is sent again where the connection broke before the answer. */
  readonly isRepeated: boolean;
  /** Milliseconds to the answer, from when it was sent over one connection. */
  readonly within: number;
  /** Is called once it is waited for no longer. */
  readonly onTaken?: () => void;
  resolve(answer: Received): void;
  reject(error: Refusal | Unanswered): void;
  /** The connection it was sent over, by its number; 0 while it waits for one. */
  sentOver: number;
  timer?: ReturnType<typeof setTimeout>;
}

/** What of a kind is there. */
interface Load {
  requests: number;
  length: number;
}

/**
 * Requests without an answer, in the order in which they were made.
 *
 * Bound: a {@link Capacity} of those that are repeated, and another one of those that are not, so that a
 * connection whose queue is full can still ask for what it missed. A request past it is refused at once.
 */
export class Pending<Received> {
  readonly #requests = new Map<string, Request<Received>>();
  readonly #capacity: Capacity;
  readonly #repeated: Load = { requests: 0, length: 0 };
  readonly #once: Load = { requests: 0, length: 0 };

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#requests.size;
  }

  has(id: string): boolean {
    return this.#requests.has(id);
  }

  /** Takes a request in; false where it is one too many. */
  add(request: Request<Received>): boolean {
    const { requests, length } = this.#capacity;
    const load = this.#loadOf(request);
    if (load.requests >= requests || load.length + request.text.length > length) return false;
    this.#requests.set(request.id, request);
    load.requests += 1;
    load.length += request.text.length;
    return true;
  }

  /** Takes a request out, for its answer is there or is waited for no longer. */
  take(id: string): Request<Received> | undefined {
    const request = this.#requests.get(id);
    if (request === undefined) return undefined;
    clearTimeout(request.timer);
    request.onTaken?.();
    this.#requests.delete(id);
    const load = this.#loadOf(request);
    load.requests -= 1;
    load.length -= request.text.length;
    return request;
  }

  /** Those that were not sent over this connection. */
  unsent(connection: number): Request<Received>[] {
    return [...this.#requests.values()].filter((request) => request.sentOver !== connection);
  }

  /**
   * The longest of those that were sent over this connection: where one of them was too long for the
   * server, it is that one.
   */
  longest(connection: number): Request<Received> | undefined {
    const sent = [...this.#requests.values()].filter(({ sentOver }) => sentOver === connection);
    const length = Math.max(...sent.map(({ text }) => text.length));
    return sent.find(({ text }) => text.length === length);
  }

  /** The connection broke: what is not repeated fails, the rest waits for the next one. */
  lost(): void {
    for (const request of [...this.#requests.values()]) {
      clearTimeout(request.timer);
      if (!request.isRepeated && request.sentOver !== 0) {
        this.take(request.id)?.reject(new Unanswered('lost'));
      }
      request.sentOver = 0;
    }
  }

  /** Ends all of them. */
  fail(error: Unanswered): void {
    for (const id of [...this.#requests.keys()]) this.take(id)?.reject(error);
  }

  #loadOf({ isRepeated }: Request<Received>): Load {
    return isRepeated ? this.#repeated : this.#once;
  }
}
