import { Manager, type Socket } from 'socket.io-client';
import { Comeback } from '../comeback.js';
import type { Options } from '../connection.js';
import type { Ending } from '../ending.js';
import { Refusal, Unanswered } from '../fault.js';
import { Listeners } from '../listeners.js';
import type { ConnectionError, ToClient } from '../messages/voice.js';
import { claims, httpAddress } from '../socket.js';
import { type Activity, type ConnectionState, isOpen } from '../state.js';
import { freshToken } from '../token.js';

type Events = { [Name in keyof ToClient]: (message: ToClient[Name]) => void };
type Asked = Record<string, (...arguments_: unknown[]) => void>;
type Answer = { ok: true } | { ok: false; error: string; code: string };

const NAMESPACE = '/interview';
/** How long a dial, and an acknowledgement, may take: milliseconds. */
const DIAL_WITHIN = 10_000;
const ANSWER_WITHIN = 10_000;
/** Packets that wait in the socket from which on audio is left out: some seconds of it. */
const BUFFERED_MAX = 100;

/**
 * The connection of protocol D: Socket.IO speaks, and when to dial, with which token and after which wait is
 * as for the other protocols (Socket.IO by itself would stay away from a server that ended an expired token).
 */
export class VoiceConnection {
  readonly #options: Pick<Options, 'token' | 'random'>;
  readonly #socket: Socket<Events, Asked>;
  readonly #changes = new Listeners<void>();
  readonly #opens = new Listeners<void>();
  readonly #comeback: Comeback;
  #state: ConnectionState = { status: 'disconnected' };
  #isEnded = false;
  /** Counts dials; what belongs to an older one is let be. */
  #number = 0;
  /** Whether what the socket tells is of this dial. */
  #isDialled = false;
  #token = '';
  #openedAt: number | undefined;
  /** What the server said before it ended the connection. */
  #farewell: Ending | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Pick<Options, 'url' | 'token' | 'random'>) {
    this.#options = options;
    this.#comeback = new Comeback(options.random);
    const { origin, pathname } = new URL(httpAddress(options.url, '/socket.io/'));
    const manager = new Manager(origin, {
      path: pathname,
      autoConnect: false,
      reconnection: false,
    });
    this.#socket = manager.socket(NAMESPACE) as Socket<Events, Asked>;
    this.#socket.on('connection:success', () => this.#opened());
    this.#socket.on('connection:error', (said) => {
      this.#farewell = understood(said);
    });
    this.#socket.on('disconnect', (reason) => {
      if (this.#isDialled) this.#closed(this.#number, this.#farewell ?? { code: 1006, reason });
    });
    this.#socket.on('connect_error', ({ message }) => {
      if (this.#isDialled) this.#broken(this.#number, message);
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether it was closed, or has ended, and was not opened again. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Whose token it dialled with last, where that can be read. */
  get userId(): string | undefined {
    return claims(this.#token).userId;
  }

  onChange(listener: () => void): () => void {
    return this.#changes.add(listener);
  }

  /** Tells that it is open: the place to resume from. */
  onOpen(listener: () => void): () => void {
    return this.#opens.add(listener);
  }

  /** Tells of every message of that name. */
  on<Name extends keyof ToClient>(
    name: Name,
    listener: (message: ToClient[Name]) => void,
  ): () => void {
    this.#socket.on(name, listener as never);
    return () => this.#socket.off(name, listener as never);
  }

  open(): void {
    const { status } = this.#state;
    this.#isEnded = false;
    if (status !== 'disconnected' && status !== 'error') return;
    this.#comeback.begin();
    this.#dial();
  }

  close(): void {
    if (this.#state.status === 'disconnected') return;
    this.#isEnded = true;
    this.#isDialled = false;
    this.#number += 1;
    clearTimeout(this.#timer);
    this.#openedAt = undefined;
    this.#socket.disconnect();
    this.#become({ status: 'disconnected' });
  }

  /** What the open connection is used for. */
  use(activity: Activity | undefined): void {
    const since = this.#openedAt;
    if (since === undefined || !isOpen(this.#state)) return;
    this.#become(activity === undefined ? { status: 'connected', since } : { ...activity, since });
  }

  /**
   * Sends a message and waits until it is taken.
   *
   * @throws {Refusal} where the server refuses it
   * @throws {Unanswered} where there is no connection, it breaks, or no answer comes within ten seconds
   */
  async ask(event: string, message: object): Promise<void> {
    if (!isOpen(this.#state)) throw new Unanswered(this.#isEnded ? 'closed' : 'lost');
    let remove = () => {};
    const lost = new Promise<undefined>((resolve) => {
      remove = this.onChange(() => isOpen(this.#state) || resolve(undefined));
    });
    try {
      const asked = this.#socket.timeout(ANSWER_WITHIN).emitWithAck(event, message as never);
      const answer = await Promise.race([asked.catch(() => undefined), lost]);
      if (answer === undefined) throw new Unanswered(isOpen(this.#state) ? 'late' : 'lost');
      const given = answer as Answer;
      if (!given.ok) throw new Refusal(given.code, given.error);
    } finally {
      remove();
    }
  }

  /** Sends what is worth nothing later. False where it is not sent: no connection, or it does not keep up. */
  send(event: string, message: object): boolean {
    if (!isOpen(this.#state) || !this.#socket.connected) return false;
    if (this.#socket.io.engine.writeBuffer.length > BUFFERED_MAX) return false;
    this.#socket.emit(event, message as never);
    return true;
  }

  #dial(): void {
    this.#number += 1;
    const number = this.#number;
    const attempt = this.#comeback.dials();
    const { state } = this;
    const ending = state.status === 'connecting' ? state.ending : undefined;
    this.#farewell = undefined;
    this.#connect(number).catch((error: unknown) => {
      this.#broken(number, error instanceof Error ? error.message : String(error));
    });
    this.#become({ status: 'connecting', attempt, ...(ending && { ending }) });
  }

  async #connect(number: number): Promise<void> {
    const token = await freshToken(this.#options.token);
    if (number !== this.#number) return;
    this.#token = token;
    this.#timer = setTimeout(() => this.#broken(number, 'No connection in time'), DIAL_WITHIN);
    this.#isDialled = true;
    this.#socket.auth = { token };
    this.#socket.connect();
  }

  #opened(): void {
    if (!this.#isDialled || this.#state.status !== 'connecting') return;
    clearTimeout(this.#timer);
    this.#openedAt = Date.now();
    this.#become({ status: 'connected', since: this.#openedAt });
    this.#opens.tell();
  }

  #broken(number: number, reason: string): void {
    if (number !== this.#number) return;
    this.#closed(number, { code: 1006, reason });
    this.#socket.disconnect();
  }

  #closed(number: number, ending: Ending): void {
    if (number !== this.#number || this.#isEnded) return;
    this.#isDialled = false;
    this.#number += 1;
    clearTimeout(this.#timer);
    const openedAt = this.#openedAt;
    this.#openedAt = undefined;
    const next = FINAL.includes(ending.reason)
      ? ({ kind: 'stay' } as const)
      : this.#comeback.after(ending, openedAt);
    if (next.kind === 'stay') {
      this.#isEnded = true;
      return this.#become({ status: 'error', ending });
    }
    this.#timer = setTimeout(() => this.#dial(), next.after);
    const retryAt = Date.now() + next.after;
    const { attempt } = this.#comeback;
    this.#become({ status: 'connecting', attempt, retryAt, ending });
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#changes.tell();
  }
}

/** What the server says of a page that it does not let in. */
const FORBIDDEN = 'Forbidden';
const FINAL = [FORBIDDEN];

/** What elsewhere is a close code and a reason. */
function understood({ code, message, error }: ConnectionError): Ending {
  const words = `${message} ${error}`;
  switch (code) {
    case 'UNAUTHORIZED':
      if (/expired/i.test(words)) return { code: 1008, reason: 'Token expired' };
      return { code: 1008, reason: /revoked/i.test(words) ? 'Revoked' : 'Unauthorized' };
    case 'FORBIDDEN':
      return { code: 1008, reason: /too many/i.test(words) ? 'Too many connections' : FORBIDDEN };
    case 'RATE_LIMIT_EXCEEDED':
      return { code: 1008, reason: 'Rate limit exceeded' };
    default:
      return { code: 1001, reason: error === '' ? message : error };
  }
}
