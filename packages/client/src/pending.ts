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
  resolve(answer: Received): void;
  reject(error: Refusal | Unanswered): void;
  /** The connection it was sent over, by its number; 0 while it waits for one. */
  sentOver: number;
  timer?: ReturnType<typeof setTimeout>;
}

/**
 * Requests without an answer, in the order in which they were made.
 *
 * Bound: a {@link Capacity}; a request past it is refused at once.
 */
export class Pending<Received> {
  readonly #requests = new Map<string, Request<Received>>();
  readonly #capacity: Capacity;
  #length = 0;

  constructor(capacity: Capacity) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** Takes a request in; false where it is one too many, or has the id of another. */
  add(request: Request<Received>): boolean {
    const { requests, length } = this.#capacity;
    const isFull = this.size >= requests || this.#length + request.text.length > length;
    if (isFull || this.#requests.has(request.id)) return false;
    this.#requests.set(request.id, request);
    this.#length += request.text.length;
    return true;
  }

  /** Takes a request out, for its answer is there or is waited for no longer. */
  take(id: string): Request<Received> | undefined {
    const request = this.#requests.get(id);
    if (request === undefined) return undefined;
    clearTimeout(request.timer);
    this.#requests.delete(id);
    this.#length -= request.text.length;
    return request;
  }

  /** Those that were not sent over this connection. */
  unsent(connection: number): Request<Received>[] {
    return [...this.#requests.values()].filter((request) => request.sentOver !== connection);
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
}
