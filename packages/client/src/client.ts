import { Connection, type Options, type RequestOptions } from './connection.js';
import type { Dialect } from './dialect.js';
import type { ConnectionState } from './state.js';

/** A message of that type. */
export type OfType<Message extends { type: string }, Type extends Message['type']> = Extract<
  Message,
  { type: Type }
>;

/** What the clients of all protocols have in common: a connection, and messages told by their type. */
export abstract class Client<Sent, Received extends { type: string }> {
  /** The connection below. */
  readonly connection: Connection<Sent, Received>;

  protected constructor(dialect: Dialect<Sent, Received>, options: Options) {
    this.connection = new Connection(dialect, options);
  }

  /** What the connection is doing. */
  get state(): ConnectionState {
    return this.connection.state;
  }

  /** Tells of every change of {@link state}. */
  onStateChange(listener: () => void): () => void {
    return this.connection.onChange(listener);
  }

  /** Connects, and from then on comes back by itself. */
  open(): void {
    this.connection.open();
  }

  /** Ends the connection for good. */
  close(): void {
    this.connection.close();
  }

  /** Tells of every message of a type. */
  on<Type extends Received['type']>(
    type: Type,
    listener: (message: OfType<Received, Type>) => void,
  ): () => void {
    return this.connection.onMessage((message) => {
      if (message.type === type) listener(message as OfType<Received, Type>);
    });
  }

  /** A request whose answer is of that type. */
  protected async ask<Type extends Received['type']>(
    message: Sent,
    type: Type,
    options?: RequestOptions,
  ): Promise<OfType<Received, Type>> {
    const answer = await this.connection.request(message, options);
    if (answer.type !== type) throw new Error(`Expected ${type}, not ${answer.type}`);
    return answer as OfType<Received, Type>;
  }

  /** Has something done on every connection, before what waited; a failure is the next connection's. */
  protected onEachOpen(resume: () => Promise<unknown>): void {
    this.connection.onOpen(() => void resume().catch(() => {}));
  }
}

/** What is asked for anew on every connection anyway. */
export const ONCE: RequestOptions = { isRepeated: false };
