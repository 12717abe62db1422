import { useCallback, useRef, useState } from 'react';

/** What somebody has begun to write, which is still there when they come back to this place, or load the page anew. */
export function useDraft(name: string): {
  readonly text: string;
  readonly write: (text: string) => void;
  /** Writes it, unless another text was begun meanwhile. */
  readonly writeIfEmpty: (text: string) => void;
} {
  // The address may be another one already while what it shows is taken away.
  const [key] = useState(() => `quintet.draft ${location.hash} ${name}`);
  const [text, setText] = useState(() => sessionStorage.getItem(key) ?? '');
  const newest = useRef(text);
  const write = useCallback(
    (next: string) => {
      newest.current = next;
      setText(next);
      keep(key, next);
    },
    [key],
  );
  const writeIfEmpty = useCallback(
    (next: string) => {
      if (newest.current === '') write(next);
    },
    [write],
  );
  return { text, write, writeIfEmpty };
}

function keep(key: string, text: string): void {
  try {
    if (text === '') sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, text);
  } catch {
    // The storage is full: the text is still on the page.
  }
}
