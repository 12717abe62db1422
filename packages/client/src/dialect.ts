import type { Refusal } from './fault.js';

/** How one protocol says what all of them say. Messages are JSON objects in WebSocket texts. */
export interface Dialect<Sent, Received> {
  /** The path of its address, with what else stands in the query. */
  readonly path: string;
  /** Bytes of a message that the server takes at most; a longer one is not sent. */
  readonly bytesMax: number;
  /** A message as it is sent, with the id by which its answer is known. */
  encode(message: Sent, requestId: string | undefined): string;
  /** Whose answer a message is. */
  answers(message: Received): string | undefined;
  /** What a message refuses, if it is a refusal. */
  refuses(message: Received): Refusal | undefined;
  /** What asks for a sign of life: the server answers it. */
  ping(): Sent;
  /**
   * A path of the HTTP routes that takes any token of a user, where a handshake is refused by an HTTP status,
   * which browsers do not show: there one can see whether it was for the token.
   */
  readonly proof?: string;
  /** What renews the token of an open connection, where the protocol can. */
  renew?(token: string): Sent;
}
