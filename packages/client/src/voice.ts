import { type Socket, io } from 'socket.io-client';
import { BACKOFF } from './backoff.js';
import type { Options } from './connection.js';
import { Refusal, Unanswered } from './fault.js';
import { Listeners } from './listeners.js';
import type {
  AudioQuality,
  AudioReceived,
  ResponsesSuggestions,
  SessionJoined,
  ToClient,
  TranscriptionResult,
} from './messages/voice.js';
import { claims } from './socket.js';
import { type ConnectionState, isOpen } from './state.js';
import { Store } from './store.js';

/** What somebody said: a final result, or the newest partial one. */
export type Utterance = TranscriptionResult;
/** How audio is packed. */
export type AudioFormat = AudioReceived['format'];
/** What a session is doing. */
export type VoiceStatus = SessionJoined['stats']['status'];

/** Audio of somebody else, as they sent it. */
export interface Heard {
  readonly userId: string;
  readonly format: AudioFormat;
  readonly sampleRate: number;
  /** The header of their container, for who joined later; what follows it needs it. */
  readonly isHeader: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A voice session as one of its people sees it. */
export interface VoiceSession {
  readonly sessionId?: string | undefined;
  readonly status?: VoiceStatus | undefined;
  readonly statusMessage?: string | undefined;
  /** The others, by user id, with their names where they were told. */
  readonly people: ReadonlyMap<string, string>;
  /** How many were there before one joined and are not among `people`: nobody says who they are until they speak. */
  readonly unnamed: number;
  /** Finals in their order, and of each who speaks now the newest partial, at its place. */
  readonly transcript: readonly Utterance[];
  /** Whether one's own audio is transcribed. */
  readonly isTranscribed: boolean;
  readonly suggestions?: ResponsesSuggestions | undefined;
  /** What the server advises a sender whose session cannot keep up. */
  readonly quality?: AudioQuality | undefined;
}

const EMPTY: VoiceSession = { people: new Map(), unnamed: 0, transcript: [], isTranscribed: false };
/** How long an acknowledgement may take. */
const ANSWER_WITHIN = 10_000;
/** Results kept; past it the oldest go. The whole transcript is read over HTTP. */
const TRANSCRIPT_MAX = 10_000;

type Events = { [Name in keyof ToClient]: (message: ToClient[Name]) => void };
type Asked = Record<string, (...arguments_: unknown[]) => void>;

/**
 * A voice session (protocol D, over Socket.IO): audio out and in, what was said, and what could be answered.
 *
 * It joins its session again after a drop, and has what it says transcribed again if it was.
 */
export class InterviewAssistantClient {
  readonly session = new Store<VoiceSession>(EMPTY);
  readonly #socket: Socket<Events, Asked>;
  readonly #state = new Store<ConnectionState>({ status: 'disconnected' });
  readonly #audio = new Listeners<Heard>();
  readonly #faults = new Listeners<Refusal>();
  #userId: string | undefined;
  #attempt = 0;
  #language: string | undefined;
  /** Who waits for the join that the next connection begins with. */
  readonly #joining: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  constructor(options: Pick<Options, 'url' | 'token'>) {
    this.#socket = io(`${options.url.replace(/\/$/, '')}/interview`, {
      autoConnect: false,
      reconnectionDelay: BACKOFF.first,
      reconnectionDelayMax: BACKOFF.longest,
      // Half of the wait at random on either side.
      randomizationFactor: 0.5,
      auth: (give) => {
        Promise.resolve()
          .then(options.token)
          .then((token) => {
            this.#userId = claims(token).userId;
            give({ token });
          })
          .catch(() => give({}));
      },
    });
    this.#listenToConnection();
    this.#listen();
  }

  /** What the connection is doing. */
  get state(): ConnectionState {
    return this.#state.value;
  }

  /** Tells of every change of {@link state}. */
  onStateChange(listener: () => void): () => void {
    return this.#state.onChange(listener);
  }

  /** Whose token it dialled with last, where that can be read. */
  get userId(): string | undefined {
    return this.#userId;
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
    if (this.#socket.active) return;
    this.#attempt = 1;
    this.#become({ status: 'connecting', attempt: 1 });
    this.#socket.connect();
  }

  /** Ends the connection for good. */
  close(): void {
    this.#socket.disconnect();
    for (const { reject } of this.#joining.splice(0)) reject(new Unanswered('closed'));
    this.session.update(() => EMPTY);
    this.#become({ status: 'disconnected' });
  }

  /** Joins a session, which is made by its first join; one at a time, another one is left. */
  async join(sessionId: string): Promise<void> {
    this.session.update(() => ({ ...EMPTY, sessionId }));
    this.#language = undefined;
    try {
      if (isOpen(this.state)) await this.#ask('session:join', { sessionId });
      else await this.#joinedOnceOpen();
    } catch (error) {
      if (error instanceof Refusal) this.session.update(() => EMPTY);
      throw error;
    }
  }

  /** What the next connection does by itself. */
  #joinedOnceOpen(): Promise<void> {
    return new Promise((resolve, reject) => this.#joining.push({ resolve, reject }));
  }

  /** Leaves it. */
  async leave(): Promise<void> {
    this.session.update(() => EMPTY);
    if (isOpen(this.state)) await this.#ask('session:leave', {});
  }

  /** Tells everybody what the session is doing; `ended` is for good. */
  async setStatus(status: VoiceStatus, message?: string): Promise<void> {
    await this.#ask('session:status', { status, ...(message !== undefined && { message }) });
  }

  /** From now on one's own audio is transcribed. */
  async startTranscription(language?: string): Promise<void> {
    this.#language = language ?? '';
    await this.#ask('transcription:start', { ...(language !== undefined && { language }) });
  }

  /** It is no longer, once its last result has come. */
  async stopTranscription(): Promise<void> {
    this.#language = undefined;
    await this.#ask('transcription:stop', {});
  }

  /** Sends a piece of audio; dropped where there is no connection: what is late is worth nothing. */
  streamAudio(bytes: ArrayBuffer | Uint8Array, format: AudioFormat, sampleRate: number): void {
    const { sessionId } = this.session.value;
    if (sessionId === undefined || !this.#socket.connected) return;
    this.#socket.volatile.emit('audio:stream', { audioData: bytes, format, sampleRate });
  }

  #listenToConnection(): void {
    const { io: manager } = this.#socket;
    this.#socket.on('connection:success', () => {
      this.#attempt = 0;
      this.#become({ status: 'connected', since: Date.now() });
      void this.#resume().catch(() => {});
    });
    this.#socket.on('connection:error', ({ message, error }) => {
      const reason = error === '' ? message : error;
      this.#become({ status: 'error', ending: { code: 1008, reason } });
    });
    this.#socket.on('disconnect', (reason) => {
      if (this.state.status === 'error' || this.state.status === 'disconnected') return;
      const ending = { code: 1006, reason };
      // The server sends away whom it does not want back.
      if (reason === 'io server disconnect') return this.#become({ status: 'error', ending });
      this.#become({ status: 'connecting', attempt: 1, ending });
    });
    this.#socket.on('connect_error', ({ message }) => {
      this.#attempt += 1;
      const ending = { code: 1006, reason: message };
      this.#become({ status: 'connecting', attempt: this.#attempt, ending });
    });
    manager.on('reconnect_attempt', (attempt) => {
      this.#become({ status: 'connecting', attempt });
    });
  }

  async #resume(): Promise<void> {
    const { sessionId } = this.session.value;
    const joining = this.#joining.splice(0);
    if (sessionId === undefined) return;
    try {
      await this.#ask('session:join', { sessionId });
      for (const { resolve } of joining) resolve();
    } catch (error) {
      for (const { reject } of joining) reject(error);
      throw error;
    }
    const language = this.#language;
    if (language === undefined) return;
    await this.#ask('transcription:start', { ...(language !== '' && { language }) });
  }

  #listen(): void {
    const socket = this.#socket;
    socket.on('session:joined', ({ sessionId, stats }) => {
      // Whoever left or came while one was away was not told of.
      const unnamed = stats.connectedUsers - 1;
      this.#show({ sessionId, status: stats.status, people: new Map(), unnamed });
      const since = Date.now();
      this.#become({ status: 'subscribed', since, to: [sessionId] });
    });
    socket.on('session:left', ({ sessionId }) => {
      if (this.session.value.sessionId !== sessionId) return;
      this.#show({ sessionId: undefined, isTranscribed: false, people: new Map(), unnamed: 0 });
      this.#become({ status: 'connected', since: Date.now() });
    });
    socket.on('session:status:updated', ({ status, message }) => {
      this.#show({ status, statusMessage: message ?? undefined });
    });
    socket.on('user:joined', ({ userId, userName }) => this.#person(userId, userName));
    socket.on('user:left', ({ userId }) => this.#person(userId, undefined));
    socket.on('user:disconnected', ({ userId }) => this.#person(userId, undefined));
    socket.on('transcription:started', ({ userId }) => this.#transcribed(userId, true));
    socket.on('transcription:stopped', ({ userId }) => this.#transcribed(userId, false));
    socket.on('transcription:result', (result) => {
      this.session.update((session) => ({
        ...session,
        transcript: placed(session.transcript, result),
      }));
    });
    socket.on('responses:suggestions', (suggestions) => this.#show({ suggestions }));
    socket.on('audio:quality', (quality) => this.#show({ quality }));
    socket.on('audio:received', (audio) => this.#hear(audio));
    for (const family of ['session:error', 'audio:error', 'transcription:error'] as const) {
      socket.on(family, ({ code, message, field, retryAfterMs }) => {
        const refusal = new Refusal(code, message, field ?? undefined, retryAfterMs ?? undefined);
        this.#faults.tell(refusal);
      });
    }
  }

  #hear(audio: AudioReceived): void {
    const { userId, format, sampleRate, audioData } = audio;
    const { people } = this.session.value;
    if (!people.has(userId)) {
      this.#person(userId, userId);
      this.#named();
    }
    const isHeader = (audio as { init?: boolean }).init === true;
    const bytes = toBytes(audioData);
    if (bytes !== undefined) this.#audio.tell({ userId, format, sampleRate, isHeader, bytes });
  }

  async #ask(event: string, message: object): Promise<void> {
    type Answer = { ok: true } | { ok: false; error: string; code: string };
    let answer: Answer;
    try {
      const asked = this.#socket.timeout(ANSWER_WITHIN);
      answer = (await asked.emitWithAck(event, message as never)) as Answer;
    } catch {
      throw new Unanswered('late');
    }
    if (!answer.ok) throw new Refusal(answer.code, answer.error);
  }

  #transcribed(userId: string, isTranscribed: boolean): void {
    if (userId === this.#userId) this.#show({ isTranscribed });
  }

  /** One of those who were there before has a name now, or has gone. */
  #named(): void {
    this.#show({ unnamed: Math.max(0, this.session.value.unnamed - 1) });
  }

  #person(userId: string, name: string | undefined): void {
    this.session.update((session) => {
      const people = new Map(session.people);
      const isNamed = people.has(userId) || name !== undefined;
      const unnamed = isNamed ? session.unnamed : Math.max(0, session.unnamed - 1);
      if (name === undefined) people.delete(userId);
      else people.set(userId, name);
      return { ...session, people, unnamed };
    });
  }

  #show(change: Partial<VoiceSession>): void {
    this.session.update((session) => ({ ...session, ...change }));
  }

  #become(state: ConnectionState): void {
    this.#state.update(() => state);
  }
}

/** The transcript with one more result: in the place of its partial, else behind the one it follows. */
function placed(transcript: readonly Utterance[], result: Utterance): readonly Utterance[] {
  const at = transcript.findIndex(({ itemId }) => itemId === result.itemId);
  const next = [...transcript];
  if (at !== -1) {
    next[at] = result;
    return next;
  }
  const before = transcript.findIndex(({ itemId }) => itemId === result.previousItemId);
  next.splice(before === -1 ? next.length : before + 1, 0, result);
  return next.slice(-TRANSCRIPT_MAX);
}

/** Audio comes as it was sent: as bytes, or as base64. */
function toBytes(data: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  }
  if (typeof data !== 'string') return undefined;
  try {
    return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
