import type { Options } from './connection.js';
import { Refusal, Unanswered } from './fault.js';
import { randomId } from './ids.js';
import { Listeners } from './listeners.js';
import type { AudioReceived, ToClient } from './messages/voice.js';
import type { ConnectionState } from './state.js';
import { isOpen } from './state.js';
import { Store } from './store.js';
import { VoiceConnection } from './voice/connection.js';
import {
  type AudioFormat,
  type Heard,
  NO_SESSION,
  type Utterance,
  type VoiceSession,
  type VoiceStatus,
  placed,
  toBytes,
  withPerson,
} from './voice/session.js';

export type { AudioFormat, Heard, Utterance, VoiceSession, VoiceStatus };

/** How long a recording may take to be transcribed: milliseconds. */
const TRANSCRIBED_WITHIN = 60_000;

/** A join that has no answer yet. */
interface Joining {
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A voice session (protocol D, over Socket.IO): audio out and in, what was said, and what could be answered.
 *
 * It joins its session again after a drop, and has what it says transcribed again if it was.
 */
export class InterviewAssistantClient {
  readonly session = new Store<VoiceSession>(NO_SESSION);
  readonly #connection: VoiceConnection;
  readonly #audio = new Listeners<Heard>();
  readonly #faults = new Listeners<Refusal>();
  #language: string | undefined;
  #joining: Joining | undefined;
  /** How many want the session that is joined. */
  #users = 0;

  constructor(options: Pick<Options, 'url' | 'token' | 'random'>) {
    this.#connection = new VoiceConnection(options);
    this.#connection.onOpen(() => void this.#resume().catch(() => {}));
    this.#connection.onChange(() => {
      const { state } = this;
      if (state.status === 'error') this.#endJoining(new Unanswered('closed', state.ending));
    });
    this.#listen();
  }

  /** What the connection is doing. */
  get state(): ConnectionState {
    return this.#connection.state;
  }

  /** Tells of every change of {@link state}. */
  onStateChange(listener: () => void): () => void {
    return this.#connection.onChange(listener);
  }

  /** Whose token it dialled with last, where that can be read. */
  get userId(): string | undefined {
    return this.#connection.userId;
  }

  /** Tells of every message of the server's of that name. */
  on<Name extends keyof ToClient>(
    name: Name,
    listener: (message: ToClient[Name]) => void,
  ): () => void {
    return this.#connection.on(name, listener);
  }

  /** Tells of audio of others. */
  onAudio(listener: (heard: Heard) => void): () => void {
    return this.#audio.add(listener);
  }

  /** Tells of what the server could not do. */
  onFault(listener: (fault: Refusal) => void): () => void {
    return this.#faults.add(listener);
  }

  /** Connects, and from then on comes back by itself. */
  open(): void {
    this.#connection.open();
  }

  /** Ends the connection for good; a join that has no answer fails. */
  close(): void {
    this.#connection.close();
    this.#forget(new Unanswered('closed'));
  }

  /**
   * Joins a session, which is made by its first join; one at a time, another one is left. Who joins the same
   * one twice has to leave twice. Where it rejects, it is not joined.
   *
   * @throws {Refusal} where the server refuses it
   * @throws {Unanswered} where it is left, or the client closed, before it is joined
   */
  async join(sessionId: string): Promise<void> {
    const { sessionId: current, status } = this.session.value;
    if (this.#users > 0 && current === sessionId && status !== 'ended') {
      this.#users += 1;
      return this.#joining?.done;
    }
    this.#forget(new Unanswered('aborted'));
    if (this.#connection.isEnded) throw new Unanswered('closed');
    this.#users = 1;
    this.#show({ sessionId });
    this.#joining = joining();
    const { done } = this.#joining;
    // Without a connection the next one begins with it.
    if (isOpen(this.state)) this.#join(sessionId).catch(() => {});
    return done;
  }

  /** Leaves it. */
  async leave(): Promise<void> {
    if (this.#users > 1) {
      this.#users -= 1;
      return;
    }
    const { sessionId } = this.session.value;
    this.#forget(new Unanswered('aborted'));
    this.#connection.use(undefined);
    if (sessionId !== undefined && isOpen(this.state)) {
      await this.#connection.ask('session:leave', {});
    }
  }

  /**
   * Tells everybody what the session is doing; `ended` is for good. Who is in it then hears what was said last
   * before they are out of it.
   */
  async setStatus(status: VoiceStatus, message?: string): Promise<void> {
    const said = { status, ...(message !== undefined && { message }) };
    await this.#connection.ask('session:status', said);
  }

  /** From now on one's own audio is transcribed, after a drop too. */
  async startTranscription(language?: string): Promise<void> {
    await this.#transcribeFrom(language ?? '');
    this.#language = language ?? '';
  }

  /** It is no longer, once its last result has come. */
  async stopTranscription(): Promise<void> {
    this.#language = undefined;
    await this.#connection.ask('transcription:stop', {});
  }

  /**
   * Sends a piece of audio, a hundred milliseconds or so; `sampleRate` of a second. False where it is not
   * sent: there is no connection, it does not keep up, or the session has ended. What is late is worth nothing.
   */
  streamAudio(
    bytes: ArrayBuffer | Uint8Array,
    format: AudioFormat,
    sampleRate: number,
    channels?: 1 | 2,
  ): boolean {
    const { sessionId, status } = this.session.value;
    if (sessionId === undefined || status === 'ended') return false;
    const stereo = channels === undefined ? {} : { channels };
    const audio = { audioData: bytes, format, sampleRate, ...stereo };
    return this.#connection.send('audio:stream', audio);
  }

  /**
   * Has a recording transcribed, for everybody in the session; resolves with what was said in it.
   *
   * @throws {Refusal} where it cannot be read
   * @throws {Unanswered} where the connection breaks, or it takes more than a minute
   */
  async transcribe(
    bytes: ArrayBuffer | Uint8Array,
    format: AudioFormat,
    sampleRate: number,
  ): Promise<readonly Utterance[]> {
    const requestId = randomId();
    const said: Utterance[] = [];
    const { done, resolve, reject } = joining();
    const late = setTimeout(() => reject(new Unanswered('late')), TRANSCRIBED_WITHIN);
    const removes = [
      this.on('transcription:result', (result) => {
        if (result.requestId === requestId && result.isFinal) said.push(result);
      }),
      this.on('transcription:completed', (one) => one.requestId === requestId && resolve()),
      this.on('transcription:error', (one) => one.requestId === requestId && reject(refusal(one))),
      this.onStateChange(() => !isOpen(this.state) && reject(new Unanswered('lost'))),
    ];
    try {
      const audio = { audioData: bytes, format, sampleRate, requestId };
      await Promise.all([this.#connection.ask('transcription:request', audio), done]);
      return said;
    } finally {
      clearTimeout(late);
      for (const remove of removes) remove();
      resolve();
    }
  }

  async #resume(): Promise<void> {
    const { sessionId, status } = this.session.value;
    if (sessionId === undefined || this.#users === 0) return;
    // The last words of a session that ended are told to those who were there all along.
    if (status === 'ended') return this.#left();
    await this.#join(sessionId);
    if (this.#language !== undefined) await this.#transcribeFrom(this.#language);
  }

  async #join(sessionId: string): Promise<void> {
    const isSame = () => this.session.value.sessionId === sessionId;
    try {
      await this.#connection.ask('session:join', { sessionId });
      if (isSame()) this.#endJoining(undefined);
    } catch (error) {
      // One that the connection broke under is the next one's.
      const isLost = error instanceof Unanswered && !this.#connection.isEnded;
      if (isSame() && !isLost) this.#forget(error);
      throw error;
    }
  }

  async #transcribeFrom(language: string): Promise<void> {
    await this.#connection.ask('transcription:start', { ...(language !== '' && { language }) });
  }

  /** Out of the session; what was said in it stays to be read. */
  #left(): void {
    this.#users = 0;
    this.#language = undefined;
    this.#show({ sessionId: undefined, isTranscribed: false, people: new Map(), unnamed: 0 });
    this.#connection.use(undefined);
  }

  #forget(why: unknown): void {
    this.#users = 0;
    this.#language = undefined;
    this.session.update(() => NO_SESSION);
    this.#endJoining(why);
  }

  #endJoining(why: unknown): void {
    const waiting = this.#joining;
    this.#joining = undefined;
    if (why === undefined) waiting?.resolve();
    else waiting?.reject(why);
  }

  #listen(): void {
    this.on('session:joined', ({ sessionId, stats }) => {
      // Whoever left or came while one was away was not told of.
      const unnamed = stats.connectedUsers - 1;
      this.#show({ sessionId, status: stats.status, people: new Map(), unnamed });
      this.#connection.use({ status: 'subscribed', to: [sessionId] });
    });
    this.on('session:left', ({ sessionId }) => {
      if (this.session.value.sessionId === sessionId) this.#left();
    });
    this.on('session:status:updated', ({ status, message }) => {
      this.#show({ status, statusMessage: message ?? undefined });
    });
    this.on('user:joined', ({ userId, userName }) => this.#person(userId, userName));
    this.on('user:left', ({ userId }) => this.#person(userId, undefined));
    this.on('user:disconnected', ({ userId }) => this.#person(userId, undefined));
    this.on('transcription:started', ({ userId }) => this.#transcribed(userId, true));
    this.on('transcription:stopped', ({ userId }) => this.#transcribed(userId, false));
    this.on('transcription:result', (result) => {
      // Last words of the session before come until one is in the next.
      if (result.sessionId !== this.session.value.sessionId) return;
      this.#show({ transcript: placed(this.session.value.transcript, result) });
    });
    this.on('responses:suggestions', (suggestions) => this.#show({ suggestions }));
    this.on('audio:quality', (quality) => this.#show({ quality }));
    this.on('audio:received', (audio) => this.#hear(audio));
    for (const family of ['session:error', 'audio:error', 'transcription:error'] as const) {
      this.on(family, (said) => this.#faults.tell(refusal(said)));
    }
  }

  #hear(audio: AudioReceived): void {
    const { userId, format, sampleRate, audioData } = audio;
    if (!this.session.value.people.has(userId)) {
      // One of those who were there before has a name now.
      const unnamed = Math.max(0, this.session.value.unnamed - 1);
      this.#person(userId, userId);
      this.#show({ unnamed });
    }
    const isHeader = (audio as { init?: boolean }).init === true;
    const bytes = toBytes(audioData);
    if (bytes !== undefined) this.#audio.tell({ userId, format, sampleRate, isHeader, bytes });
  }

  #transcribed(userId: string, isTranscribed: boolean): void {
    if (userId === this.userId) this.#show({ isTranscribed });
  }

  #person(userId: string, name: string | undefined): void {
    this.session.update((session) => withPerson(session, userId, name));
  }

  #show(change: Partial<VoiceSession>): void {
    this.session.update((session) => ({ ...session, ...change }));
  }
}

function joining(): Joining {
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Whoever waits for it hears of it; nobody has to.
  done.catch(() => {});
  return { done, resolve, reject };
}

function refusal(said: ToClient['transcription:error']): Refusal {
  const { code, message, field, retryAfterMs } = said;
  return new Refusal(code, message, field ?? undefined, retryAfterMs ?? undefined, said);
}
