/** Why there is no microphone, and what somebody can do about it. */
export interface MicrophoneFault {
  readonly title: string;
  readonly advice: string;
}

/** What an error of the browser means to whoever wanted to speak. */
export function microphoneFault(error: unknown): MicrophoneFault {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  return KNOWN[name] ?? { title: 'The microphone does not work', advice: words(error) };
}

/** A browser has no microphones for a page that came over plain HTTP. */
export const INSECURE: MicrophoneFault = {
  title: 'This page may not hear you',
  advice: 'Browsers let a page use the microphone only over https, or on this very machine.',
};

/** The device went while it was heard. */
export const UNPLUGGED: MicrophoneFault = {
  title: 'The microphone is gone',
  advice: 'It was unplugged, or another program took it. You are muted.',
};

const REFUSED: MicrophoneFault = {
  title: 'The microphone is not allowed',
  advice:
    'Your browser keeps this page from hearing you. Allow the microphone beside the address of this page, and try again. You can read along meanwhile.',
};
const MISSING: MicrophoneFault = {
  title: 'There is no microphone',
  advice: 'Plug one in, and try again. You can listen and read along meanwhile.',
};
const TAKEN: MicrophoneFault = {
  title: 'The microphone cannot be used',
  advice: 'Another program may have it. Close that, and try again.',
};

/** By the names that the browsers' errors have. */
const KNOWN: Readonly<Record<string, MicrophoneFault>> = {
  NotAllowedError: REFUSED,
  SecurityError: REFUSED,
  NotFoundError: MISSING,
  OverconstrainedError: MISSING,
  NotReadableError: TAKEN,
  AbortError: TAKEN,
};

const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));
