import type { Heard, InterviewAssistantClient } from '../voice.js';
import { Joining } from './joining.js';

/** So far behind what is there already it jumps ahead: seconds. */
const BEHIND_MAX = 1;
/** Pieces that wait to be taken in; past it the oldest go. */
const WAITING_MAX = 200;
/** Seconds that were played and are kept. */
const KEPT = 10;
/** The beginning of a WebM file (EBML, RFC 8794). */
const EBML = [0x1a, 0x45, 0xdf, 0xa3];

/** Plays what others say, until what comes back is called. Formats that the browser does not know are silent. */
export function startPlayback(client: InterviewAssistantClient): () => void {
  const voices = new Map<string, Voice>();
  const unlisten = client.onAudio((heard) => {
    let voice = voices.get(heard.userId);
    if (voice === undefined || beginsAnew(heard)) {
      voice?.end();
      voice = new Voice(heard);
      voices.set(heard.userId, voice);
    }
    voice.take(heard);
  });
  const unfollow = client.session.onChange(() => {
    const { people } = client.session.value;
    for (const [userId, voice] of voices) {
      if (people.has(userId)) continue;
      voice.end();
      voices.delete(userId);
    }
  });
  return () => {
    unlisten();
    unfollow();
    for (const voice of voices.values()) voice.end();
  };
}

const beginsAnew = ({ bytes }: Heard): boolean => EBML.every((byte, at) => bytes[at] === byte);

/** One person's audio on its way to the loudspeaker. */
class Voice {
  readonly #element = new Audio();
  readonly #source = new MediaSource();
  readonly #waiting: Uint8Array<ArrayBuffer>[] = [];
  #buffer: SourceBuffer | undefined;
  #joining: Joining | undefined;

  constructor({ format }: Heard) {
    const kind = `audio/${format}; codecs=opus`;
    this.#element.src = URL.createObjectURL(this.#source);
    this.#source.onsourceopen = () => {
      URL.revokeObjectURL(this.#element.src);
      if (!MediaSource.isTypeSupported(kind)) return;
      this.#buffer = this.#source.addSourceBuffer(kind);
      // What is sent has no times that one could rely on: it is played as it comes.
      this.#buffer.mode = 'sequence';
      this.#buffer.onupdateend = () => this.#next();
      this.#next();
    };
    // Where the page may not play yet, the next piece tries again.
    this.#element.play().catch(() => {});
  }

  take({ bytes, isHeader }: Heard): void {
    const piece = this.#joining === undefined ? bytes : this.#joining.take(bytes);
    if (piece === undefined) return;
    this.#joining = isHeader ? new Joining() : undefined;
    this.#waiting.push(piece);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    this.#next();
  }

  end(): void {
    this.#element.pause();
    this.#waiting.length = 0;
    this.#element.removeAttribute('src');
    this.#element.load();
  }

  #next(): void {
    const buffer = this.#buffer;
    if (buffer === undefined || buffer.updating || this.#source.readyState !== 'open') return;
    const { buffered } = buffer;
    const end = buffered.length === 0 ? 0 : buffered.end(buffered.length - 1);
    if (end - this.#element.currentTime > BEHIND_MAX) this.#element.currentTime = end - 0.1;
    if (this.#element.paused) this.#element.play().catch(() => {});
    const played = this.#element.currentTime - KEPT;
    if (played > 0 && buffered.length > 0 && buffered.start(0) < played - KEPT) {
      return buffer.remove(0, played);
    }
    const bytes = this.#waiting.shift();
    if (bytes === undefined) return;
    try {
      buffer.appendBuffer(bytes);
    } catch {
      // A damaged piece: what comes next begins anew, or is silent.
      this.#waiting.length = 0;
    }
  }
}
