import { wait } from './backoff.js';
import { Comeback } from './comeback.js';
import type { Dialect } from './dialect.js';
import type { Ending } from './ending.js';
import { Refusal, Unanswered } from './fault.js';
import { randomId } from './ids.js';
import { Listeners } from './listeners.js';
import { CAPACITY, type Capacity, Pending, type Request } from './pending.js';
import { Renewal } from './renewal.js';
import { SignsOfLife } from './signs.js';
import { type Socket, type SocketConstructor, address, claims, findWebSocket } from './socket.js';
import { type Activity, type ConnectionState, isOpen } from './state.js';
import { type TokenSource, freshToken, hasExpired, whyRefused } from './token.js';

/** What every client is made with. */
export interface Options {
  /** The server, such as `https://example.org`; a path before those of the protocols is kept. */
  readonly url: string;
  /**
   * A token, asked for before every dial and every renewal. It may take a minute; where it throws, the
   * dial is tried again like one that failed.
   */
  readonly token: TokenSource;
  /** What may wait while there is no connection: a thousand requests and a mebibyte, if not given. */
  readonly capacity?: Capacity;
  /** Makes sockets; the runtime's own if it has one. */
  readonly webSocket?: SocketConstructor;
  /** From 0 to 1, for the waits between dials. */
  readonly random?: () => number;
}

/** How one request is made. */
export interface RequestOptions {
  /** Its id; by it the server knows a repeat. */
  readonly id?: string;
  /** Whether it is sent again where the connection breaks before the answer; else it fails. Yes, if not given. */
  readonly isRepeated?: boolean;
  /** Milliseconds to the answer, from when it is sent; a minute, if not given. */
  readonly within?: number;
  /** Gives it up. */
  readonly signal?: AbortSignal;
}

/** How long a dial may take, from when there is a token: milliseconds. */
const DIAL_WITHIN = 10_000;
/** Bytes that wait in the socket from which on passing messages are left out. */
const BUFFERED_MAX = 262_144;
const ANSWER_WITHIN = 60_000;
/** How long a close of ours waits for the server's. */
const CLOSE_WITHIN = 2_000;
/** Too long for the server. */
const TOO_BIG = 1009;

/**
 * One connection that comes back: it dials with a fresh token, asks for signs of life, sends again what had
 * no answer, and says what it is doing.
 *
 * ```text
 *                 open            the socket opens             close
 * disconnected ──────────► connecting ◄──────────► connected ────────► disconnecting ──► disconnected
 *                              │      breaks, or             │
 *                              │      the server closes it   │
 *                              └─────────► error ◄───────────┘   the server will not have it back
 * ```
 *
 * While it is open, {@link use} says what for: `subscribed`, `interview_active`, `interview_paused`. Once
 * open, first those hear of it who have something to resume ({@link onOpen}), then what waited is sent, in
 * the order in which it was asked for, then everybody hears of it.
 */
export class Connection<Sent, Received> {
  readonly #dialect: Dialect<Sent, Received>;
  readonly #options: Options;
  readonly #pending: Pending<Received>;
  readonly #changes = new Listeners<void>();
  readonly #messages = new Listeners<Received>();
  readonly #opens = new Listeners<void>();
  readonly #signs: SignsOfLife;
  readonly #renewal: Renewal;
  #state: ConnectionState = { status: 'disconnected' };
  #isWanted = false;
  /** Whether it was ended, and not opened again: then a request has nothing to wait for. */
  #isEnded = false;
  #activity: Activity | undefined;
  #isOpening = false;
  #socket: Socket | undefined;
  /** Counts dials; what belongs to an older one is let be. */
  #number = 0;
  #requests = 0;
  readonly #comeback: Comeback;
  #openedAt = 0;
  /** Of the dial, of the wait for the next one, or of the close. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #token = '';
  readonly #prefix = randomId().slice(0, 8);

  constructor(dialect: Dialect<Sent, Received>, options: Options) {
    this.#dialect = dialect;
    this.#options = options;
    this.#comeback = new Comeback(options.random);
    this.#pending = new Pending(options.capacity ?? CAPACITY);
    this.#signs = new SignsOfLife(
      () => this.#write(dialect.encode(dialect.ping(), undefined)),
      () => this.#broken(this.#number, 'No sign of life'),
    );
    this.#renewal = new Renewal(async () => {
      const token = await freshToken(options.token);
      if (dialect.renew !== undefined) {
        await this.request(dialect.renew(token), { isRepeated: false });
        this.#token = token;
      }
      return token;
    });
  }

  /** What it is doing; the same object until that changes. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Whose token it dialled with last, where that can be read. */
  get userId(): string | undefined {
    return claims(this.#token).userId;
  }

  /** Tells of every change of {@link state}. */
  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  /** Tells of every message, answers among them. */
  onMessage(listener: (message: Received) => void): () => void {
    return this.#messages.add(listener);
  }

  /** Tells that it is open, before anything that waited is sent: the place to resume from. */
  onOpen(listener: () => void): () => void {
    return this.#opens.add(listener);
  }

  /** Requests that have no answer. */
  get waiting(): number {
    return this.#pending.size;
  }

  /** Connects, and from then on comes back by itself. Does nothing where it does so already. */
  open(): void {
    const { status } = this.#state;
    // While it is being closed: once it is.
    this.#isWanted = true;
    this.#isEnded = false;
    if (status !== 'disconnected' && status !== 'error') return;
    this.#comeback.begin();
    globalThis.addEventListener?.('online', this.#hurry);
    this.#dial();
  }

  /** Ends it for good; what had no answer fails. */
  close(): void {
    const { status } = this.#state;
    this.#isWanted = false;
    this.#end(new Unanswered('closed'));
    if (status === 'disconnecting' || status === 'disconnected') return;
    clearTimeout(this.#timer);
    this.#activity = undefined;
    const socket = this.#socket;
    if (socket === undefined) {
      this.#number += 1;
      return this.#become({ status: 'disconnected' });
    }
    const number = this.#number;
    this.#timer = setTimeout(() => this.#broken(number, ''), CLOSE_WITHIN);
    this.#state = { status: 'disconnecting' };
    socket.close(1000, 'Done');
    this.#changes.tell();
  }

  /** What the open connection is used for, told in {@link state}. */
  use(activity: Activity | undefined): void {
    this.#activity = activity;
    if (!isOpen(this.#state)) return;
    this.#state = this.#openState();
    // Who hears of the opening before all others says it before anything is told.
    if (!this.#isOpening) this.#changes.tell();
  }

  /**
   * Sends what is worth nothing later, such as that somebody types. False where it is not sent: there is
   * no connection, or it does not keep up.
   */
  send(message: Sent): boolean {
    if ((this.#socket?.bufferedAmount ?? 0) > BUFFERED_MAX) return false;
    return this.#write(this.#dialect.encode(message, undefined));
  }

  /**
   * Sends a message and waits for its answer, over as many connections as it takes. Before {@link open} was
   * called it waits for that; once the connection was closed, or is in `error`, it fails at once.
   *
   * @throws {Refusal} where the server refuses it
   * @throws {Unanswered} where there is no answer
   */
  async request(message: Sent, options: RequestOptions = {}): Promise<Received> {
    const { isRepeated = true, within = ANSWER_WITHIN, signal } = options;
    this.#requests += 1;
    const id = options.id ?? `${this.#prefix}-${this.#requests}`;
    const text = this.#dialect.encode(message, id);
    const { bytesMax } = this.#dialect;
    if (new TextEncoder().encode(text).length > bytesMax) throw tooLong(bytesMax);
    if (signal?.aborted === true) throw new Unanswered('aborted');
    if (this.#isEnded) throw this.#unanswerable();
    if (this.#pending.has(id)) throw new Error(`A request with the id ${id} waits already`);
    return new Promise((resolve, reject) => {
      const abort = () => this.#pending.take(id)?.reject(new Unanswered('aborted'));
      const onTaken = () => signal?.removeEventListener('abort', abort);
      const request = { id, text, isRepeated, within, onTaken, resolve, reject, sentOver: 0 };
      if (!this.#pending.add(request)) return reject(new Unanswered('full'));
      signal?.addEventListener('abort', abort);
      if (isOpen(this.#state)) this.#transmit(request);
    });
  }

  #unanswerable(): Unanswered {
    const { state } = this;
    return new Unanswered('closed', state.status === 'error' ? state.ending : undefined);
  }

  #transmit(request: Request<Received>): void {
    request.sentOver = this.#number;
    this.#write(request.text);
    request.timer = setTimeout(() => {
      this.#pending.take(request.id)?.reject(new Unanswered('late'));
    }, request.within);
  }

  #write(text: string): boolean {
    if (this.#socket === undefined || !isOpen(this.#state)) return false;
    this.#socket.send(text);
    return true;
  }

  #dial(): void {
    this.#number += 1;
    const attempt = this.#comeback.dials();
    const number = this.#number;
    const { state } = this;
    const ending = state.status === 'connecting' ? state.ending : undefined;
    this.#connect(number).catch((error: unknown) => {
      this.#broken(number, error instanceof Error ? error.message : String(error));
    });
    this.#become({ status: 'connecting', attempt, ...(ending && { ending }) });
  }

  async #connect(number: number): Promise<void> {
    const token = await freshToken(this.#options.token);
    const Constructor = this.#options.webSocket ?? (await findWebSocket());
    if (number !== this.#number) return;
    this.#token = token;
    this.#timer = setTimeout(() => this.#broken(number, 'No connection in time'), DIAL_WITHIN);
    const url = address(this.#options.url, this.#dialect.path);
    const socket = new Constructor(url, ['bearer', token]);
    this.#socket = socket;
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
      this.#opened(number);
    };
    socket.onmessage = ({ data }) => this.#heard(number, data);
    socket.onclose = ({ code, reason }) => {
      const ending = { code, reason };
      if (wasOpen || this.#state.status === 'disconnecting') this.#closed(number, ending);
      else void this.#refusedDial(number, ending);
    };
    // The close that follows says the same.
    socket.onerror = () => {};
  }

  async #refusedDial(number: number, ending: Ending): Promise<void> {
    const { proof } = this.#dialect;
    const { url } = this.#options;
    const isAsked = proof !== undefined && number === this.#number;
    const why = isAsked ? await whyRefused(url, proof, this.#token, ending) : ending;
    this.#closed(number, why);
  }

  #opened(number: number): void {
    if (number !== this.#number || this.#state.status !== 'connecting') return;
    clearTimeout(this.#timer);
    this.#openedAt = Date.now();
    this.#signs.begin();
    if (this.#dialect.renew !== undefined) this.#renewal.begin(claims(this.#token).expiresAt);
    this.#state = this.#openState();
    this.#isOpening = true;
    this.#opens.tell();
    this.#isOpening = false;
    for (const request of this.#pending.unsent(number)) this.#transmit(request);
    this.#changes.tell();
  }

  #heard(number: number, data: unknown): void {
    if (number !== this.#number || !isOpen(this.#state)) return;
    this.#signs.heard();
    const message = this.#read(data);
    if (message === undefined) return;
    const { refusal } = message;
    if (refusal?.retryAfter !== undefined) this.#comeback.retryAfter = refusal.retryAfter;
    this.#messages.tell(message.message);
    const answered = this.#dialect.answers(message.message);
    const request = answered === undefined ? undefined : this.#pending.take(answered);
    if (refusal === undefined) request?.resolve(message.message);
    else request?.reject(refusal);
  }

  /** What is not a message of the protocol is let be. */
  #read(data: unknown): { message: Received; refusal: Refusal | undefined } | undefined {
    if (typeof data !== 'string') return undefined;
    try {
      const message = JSON.parse(data) as Received;
      if (typeof message !== 'object' || message === null) return undefined;
      return { message, refusal: this.#dialect.refuses(message) };
    } catch {
      return undefined;
    }
  }

  /** It is of no use any more, whether or not the other side says so too. */
  #broken(number: number, reason: string): void {
    if (number !== this.#number) return;
    // A close that nobody answers would keep a dead connection for a minute or two.
    this.#socket?.close();
    this.#closed(number, { code: 1006, reason });
  }

  #closed(number: number, ending: Ending): void {
    if (number !== this.#number) return;
    this.#number += 1;
    this.#socket = undefined;
    clearTimeout(this.#timer);
    this.#signs.end();
    this.#renewal.end();
    if (this.#state.status === 'disconnecting') {
      this.#become({ status: 'disconnected' });
      return this.#isWanted ? this.open() : undefined;
    }
    if (ending.code === TOO_BIG) this.#dropTooLong(number);
    this.#pending.lost();
    this.#next(this.#understood(ending));
  }

  /** One that is too long for this server would end every connection that it is sent over. */
  #dropTooLong(number: number): void {
    const longest = this.#pending.longest(number);
    if (longest !== undefined) this.#pending.take(longest.id)?.reject(tooLong());
  }

  /** A token that had run out before it was shown is one that another dial may have a better one for. */
  #understood(ending: Ending): Ending {
    const isRefused = ending.code === 1008 && ending.reason === 'Unauthorized';
    return isRefused && hasExpired(this.#token) ? { code: 1008, reason: 'Token expired' } : ending;
  }

  #next(ending: Ending): void {
    const openedAt = isOpen(this.#state) ? this.#openedAt : undefined;
    const next = this.#comeback.after(ending, openedAt);
    if (next.kind === 'stay') {
      this.#end(new Unanswered('closed', ending));
      return this.#become({ status: 'error', ending });
    }
    this.#dialAfter(next.after, ending);
  }

  #dialAfter(after: number, ending: Ending): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#dial(), after);
    const retryAt = Date.now() + after;
    const { attempt } = this.#comeback;
    this.#become({ status: 'connecting', attempt, retryAt, ending });
  }

  /** The network is back: what waits for that dials soon, and a silent connection is asked for a sign. */
  readonly #hurry = (): void => {
    const { state } = this;
    if (isOpen(state)) return this.#signs.ask();
    if (state.status !== 'connecting' || state.retryAt === undefined) return;
    // What the server asked to wait for has nothing to do with the network.
    if (state.ending === undefined || state.ending.code === 1008) return;
    this.#dialAfter(wait(0, (this.#options.random ?? Math.random)()), state.ending);
  };

  #end(why: Unanswered): void {
    this.#isEnded = true;
    globalThis.removeEventListener?.('online', this.#hurry);
    this.#signs.end();
    this.#renewal.end();
    this.#pending.fail(why);
  }

  #openState(): ConnectionState {
    const since = this.#openedAt;
    const activity = this.#activity;
    return activity === undefined ? { status: 'connected', since } : { ...activity, since };
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#changes.tell();
  }
}

function tooLong(bytesMax?: number): Refusal {
  const than = bytesMax === undefined ? 'the server takes' : `${bytesMax} bytes`;
  return new Refusal('MESSAGE_TOO_LARGE', `The message is longer than ${than}`);
}
