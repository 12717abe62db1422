import { STABLE_AFTER, wait } from './backoff.js';
import type { Dialect } from './dialect.js';
import { type Ending, sequel } from './ending.js';
import { Refusal, Unanswered } from './fault.js';
import { Listeners } from './listeners.js';
import { CAPACITY, type Capacity, Pending } from './pending.js';
import { type Socket, type SocketConstructor, address, claims, findWebSocket } from './socket.js';
import { type Activity, type ConnectionState, isOpen } from './state.js';

/** What every client is made with. */
export interface Options {
  /** The server, such as `https://example.org`; a path before those of the protocols is kept. */
  readonly url: string;
  /** A token, asked for before every dial and every renewal. */
  readonly token: () => string | Promise<string>;
  /** What may wait while there is no connection. */
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
  /** Whether it is sent again where the connection breaks before the answer; else it fails. */
  readonly isRepeated?: boolean;
  /** Milliseconds to the answer, from when it is sent; a minute, if not given. */
  readonly within?: number;
  readonly signal?: AbortSignal;
}

/** How long a dial may take. */
const DIAL_WITHIN = 10_000;
/** How long it may be silent before a sign of life is asked for, and how long that may take. */
const SILENT_FOR = 25_000;
const SIGN_WITHIN = 10_000;
/** How often the silence is looked at. */
const LOOK_EVERY = 5_000;
/** How long before its end a token is renewed. */
const RENEW_BEFORE = 30_000;
/** The longest time that a timer can be set to. */
const TIMER_MAX = 2_147_483_647;
/** Bytes that wait in the socket from which on passing messages are left out. */
const BUFFERED_MAX = 262_144;
const ANSWER_WITHIN = 60_000;
/** How long a close of ours waits for the server's. */
const CLOSE_WITHIN = 2_000;

/**
 * One connection that comes back: it dials with a fresh token, asks for signs of life, sends again what had
 * no answer, and says what it is doing.
 *
 * Once open, first those hear of it who have something to resume ({@link onOpen}), then what waited is sent,
 * in the order in which it was asked for.
 */
export class Connection<Sent, Received> {
  readonly #dialect: Dialect<Sent, Received>;
  readonly #options: Options;
  readonly #pending: Pending<Received>;
  readonly #changes = new Listeners<void>();
  readonly #messages = new Listeners<Received>();
  readonly #opens = new Listeners<void>();
  #state: ConnectionState = { status: 'disconnected' };
  #isWanted = false;
  #activity: Activity | undefined;
  #socket: Socket | undefined;
  /** Counts dials; what belongs to an older one is let be. */
  #number = 0;
  #requests = 0;
  #attempt = 0;
  #openedAt = 0;
  #lostAt: number | undefined;
  #heardAt = 0;
  #askedAt: number | undefined;
  #retryAfter: number | undefined;
  #lastReason = '';
  #dialing: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;
  #renewing: ReturnType<typeof setTimeout> | undefined;
  #userId: string | undefined;
  readonly #prefix = crypto.randomUUID().slice(0, 8);

  constructor(dialect: Dialect<Sent, Received>, options: Options) {
    this.#dialect = dialect;
    this.#options = options;
    this.#pending = new Pending(options.capacity ?? CAPACITY);
  }

  /** What it is doing; the same object until that changes. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Whose token it dialled with last, where that can be read. */
  get userId(): string | undefined {
    return this.#userId;
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
    if (status !== 'disconnected' && status !== 'error') return;
    this.#attempt = 0;
    this.#lastReason = '';
    globalThis.addEventListener?.('online', this.#hurry);
    this.#dial();
  }

  /** Ends it for good; what had no answer fails. */
  close(): void {
    this.#isWanted = false;
    globalThis.removeEventListener?.('online', this.#hurry);
    clearTimeout(this.#dialing);
    const socket = this.#socket;
    this.#pending.fail(new Unanswered('closed'));
    this.#activity = undefined;
    this.#lostAt = undefined;
    if (socket === undefined) {
      this.#number += 1;
      return this.#become({ status: 'disconnected' });
    }
    this.#stopTimers();
    this.#become({ status: 'disconnecting' });
    const number = this.#number;
    socket.close(1000, 'Done');
    this.#dialing = setTimeout(
      () => this.#closed(number, { code: 1006, reason: '' }),
      CLOSE_WITHIN,
    );
  }

  /** What the open connection is used for, told in {@link state}. */
  use(activity: Activity | undefined): void {
    this.#activity = activity;
    if (isOpen(this.#state)) this.#become(this.#openState());
  }

  /**
   * Sends what is worth nothing later, such as that somebody types. False where it is not sent: there is
   * no connection, or it does not keep up.
   */
  send(message: Sent): boolean {
    const socket = this.#socket;
    if (socket === undefined || !isOpen(this.#state)) return false;
    if (socket.bufferedAmount > BUFFERED_MAX) return false;
    socket.send(this.#dialect.encode(message, undefined));
    return true;
  }

  /**
   * Sends a message and waits for its answer, over as many connections as it takes.
   *
   * @throws {Refusal} where the server refuses it
   * @throws {Unanswered} where there is no answer
   */
  request(message: Sent, options: RequestOptions = {}): Promise<Received> {
    const { isRepeated = true, within = ANSWER_WITHIN, signal } = options;
    this.#requests += 1;
    const id = options.id ?? `${this.#prefix}-${this.#requests}`;
    const text = this.#dialect.encode(message, id);
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(new Unanswered('aborted'));
      if (new TextEncoder().encode(text).length > this.#dialect.bytesMax) {
        const words = `The message is longer than ${this.#dialect.bytesMax} bytes`;
        return reject(new Refusal('MESSAGE_TOO_LARGE', words));
      }
      const request = { id, text, isRepeated, within, resolve, reject, sentOver: 0 };
      if (!this.#pending.add(request)) return reject(new Unanswered('full'));
      signal?.addEventListener('abort', () => {
        this.#pending.take(id)?.reject(new Unanswered('aborted'));
      });
      if (isOpen(this.#state)) this.#transmit(request);
    });
  }

  #transmit(request: ReturnType<Pending<Received>['unsent']>[number]): void {
    request.sentOver = this.#number;
    this.#socket?.send(request.text);
    request.timer = setTimeout(() => {
      this.#pending.take(request.id)?.reject(new Unanswered('late'));
    }, request.within);
  }

  #dial(): void {
    this.#number += 1;
    this.#attempt += 1;
    const number = this.#number;
    const { state } = this;
    const ending = state.status === 'connecting' ? state.ending : undefined;
    const attempt = this.#attempt;
    this.#become({ status: 'connecting', attempt, ...(ending && { ending }) });
    const broken = (reason: string) => this.#closed(number, { code: 1006, reason });
    this.#dialing = setTimeout(() => {
      this.#socket?.close();
      broken('No connection in time');
    }, DIAL_WITHIN);
    this.#connect(number).catch((error: unknown) => {
      broken(error instanceof Error ? error.message : String(error));
    });
  }

  async #connect(number: number): Promise<void> {
    const token = await this.#options.token();
    const Constructor = this.#options.webSocket ?? (await findWebSocket());
    if (number !== this.#number) return;
    this.#userId = claims(token).userId;
    const url = address(this.#options.url, this.#dialect.path);
    const socket = new Constructor(url, ['bearer', token]);
    this.#socket = socket;
    socket.onopen = () => this.#opened(number, token);
    socket.onmessage = ({ data }) => this.#heard(number, data);
    socket.onclose = ({ code, reason }) => this.#closed(number, { code, reason });
    // The close that follows says the same.
    socket.onerror = () => {};
  }

  #opened(number: number, token: string): void {
    if (number !== this.#number) return;
    clearTimeout(this.#dialing);
    this.#openedAt = Date.now();
    this.#heardAt = this.#openedAt;
    this.#askedAt = undefined;
    this.#looking = setInterval(() => this.#look(number), LOOK_EVERY);
    this.#renewBefore(number, claims(token).expiresAt);
    this.#become(this.#openState());
    this.#opens.tell();
    for (const request of this.#pending.unsent(number)) this.#transmit(request);
  }

  #heard(number: number, data: unknown): void {
    if (number !== this.#number || typeof data !== 'string') return;
    this.#heardAt = Date.now();
    this.#askedAt = undefined;
    let message: Received;
    try {
      message = JSON.parse(data) as Received;
    } catch {
      return;
    }
    const refusal = this.#dialect.refuses(message);
    if (refusal?.retryAfter !== undefined) this.#retryAfter = refusal.retryAfter;
    this.#messages.tell(message);
    const answered = this.#dialect.answers(message);
    const request = answered === undefined ? undefined : this.#pending.take(answered);
    if (refusal === undefined) request?.resolve(message);
    else request?.reject(refusal);
  }

  #closed(number: number, ending: Ending): void {
    if (number !== this.#number) return;
    this.#number += 1;
    this.#socket = undefined;
    clearTimeout(this.#dialing);
    this.#stopTimers();
    if (this.#state.status === 'disconnecting') {
      this.#become({ status: 'disconnected' });
      return this.#isWanted ? this.open() : undefined;
    }
    const now = Date.now();
    const wasOpen = isOpen(this.#state);
    if (wasOpen && now - this.#openedAt >= STABLE_AFTER) {
      this.#attempt = 0;
      this.#lostAt = undefined;
      this.#lastReason = '';
    }
    this.#lostAt ??= now;
    this.#pending.lost();
    this.#next(ending, now);
  }

  #next(ending: Ending, now: number): void {
    const isAgain = ending.code === 1008 && ending.reason === this.#lastReason;
    this.#lastReason = ending.code === 1008 ? ending.reason : '';
    const next = sequel(ending, {
      outage: now - (this.#lostAt ?? now),
      random: (this.#options.random ?? Math.random)(),
      retryAfter: this.#retryAfter,
      isExpiredAgain: isAgain,
      isFullAgain: isAgain,
    });
    this.#retryAfter = undefined;
    if (next.kind === 'stay') {
      globalThis.removeEventListener?.('online', this.#hurry);
      this.#pending.fail(new Unanswered('closed', ending));
      return this.#become({ status: 'error', ending });
    }
    const retryAt = now + next.after;
    this.#become({ status: 'connecting', attempt: this.#attempt + 1, retryAt, ending });
    this.#dialing = setTimeout(() => this.#dial(), next.after);
  }

  /** The network is back: what waits to dial does so soon, and a silent connection is asked for a sign. */
  readonly #hurry = (): void => {
    const { state } = this;
    if (state.status === 'connecting' && state.retryAt !== undefined) {
      clearTimeout(this.#dialing);
      const soon = wait(0, (this.#options.random ?? Math.random)());
      this.#dialing = setTimeout(() => this.#dial(), soon);
    } else if (isOpen(state)) {
      this.#ask();
    }
  };

  /** Looks whether the server is still there. */
  #look(number: number): void {
    const now = Date.now();
    if (this.#askedAt !== undefined && now - this.#askedAt >= SIGN_WITHIN) {
      // A close that nobody answers would keep a dead connection for a minute or two.
      this.#socket?.close();
      return this.#closed(number, { code: 1006, reason: 'No sign of life' });
    }
    if (now - this.#heardAt >= SILENT_FOR) this.#ask();
  }

  #ask(): void {
    const { ping } = this.#dialect;
    if (this.#askedAt !== undefined || ping === undefined) return;
    this.#askedAt = Date.now();
    this.#socket?.send(this.#dialect.encode(ping, undefined));
  }

  /** Renews the token of the open connection shortly before it runs out, where the protocol can. */
  #renewBefore(number: number, expiresAt: number | undefined): void {
    const renew = this.#dialect.renew?.bind(this.#dialect);
    if (renew === undefined || expiresAt === undefined) return;
    const left = Math.max(0, expiresAt - Date.now() - RENEW_BEFORE);
    if (left > TIMER_MAX) return;
    this.#renewing = setTimeout(() => {
      const renewal = async () => {
        const token = await this.#options.token();
        if (number !== this.#number) return;
        await this.request(renew(token), { isRepeated: false });
        const next = claims(token).expiresAt;
        if (next !== undefined && next > expiresAt) this.#renewBefore(number, next);
      };
      // Where it fails the server ends the connection, and the next one begins with a fresh token.
      renewal().catch(() => {});
    }, left);
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

  #stopTimers(): void {
    clearInterval(this.#looking);
    clearTimeout(this.#renewing);
  }
}
