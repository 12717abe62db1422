import type {
  AudioQuality,
  AudioReceived,
  ResponsesSuggestions,
  SessionJoined,
  TranscriptionResult,
} from '../messages/voice.js';

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
  /** Of a second. */
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
  /**
   * Finals in their order, and of each who speaks now the newest partial, at its place; ten thousand at most.
   * The whole transcript is read over HTTP.
   */
  readonly transcript: readonly Utterance[];
  /** Whether one's own audio is transcribed. */
  readonly isTranscribed: boolean;
  readonly suggestions?: ResponsesSuggestions | undefined;
  /** What the server advises a sender whose session cannot keep up. */
  readonly quality?: AudioQuality | undefined;
}

/** That of somebody who is in none. */
export const NO_SESSION: VoiceSession = {
  people: new Map(),
  unnamed: 0,
  transcript: [],
  isTranscribed: false,
};
/** Results kept; past it the oldest go. */
const TRANSCRIPT_MAX = 10_000;

/** The transcript with one more result: in the place of its partial, else behind the one it follows. */
export function placed(transcript: readonly Utterance[], result: Utterance): readonly Utterance[] {
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

/** The session with somebody in it, by that name, or without them. */
export function withPerson(
  session: VoiceSession,
  userId: string,
  name: string | undefined,
): VoiceSession {
  const people = new Map(session.people);
  const isNamed = people.has(userId) || name !== undefined;
  const unnamed = isNamed ? session.unnamed : Math.max(0, session.unnamed - 1);
  if (name === undefined) people.delete(userId);
  else people.set(userId, name);
  return { ...session, people, unnamed };
}

/** Audio comes as it was sent: as bytes, or as base64. */
export function toBytes(data: unknown): Uint8Array<ArrayBuffer> | undefined {
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
