import './said.css';
import { Anchor } from '@mantine/core';
import type { ReactNode } from 'react';
import { CodeBlock } from './code-block.js';
import { InlineCode } from './inline-code.js';
import { linked } from './links.js';

/** Texts with blocks of code between ``` fences, `code` and links in their lines, and everything else as it is. */
export function Prose({ text }: { readonly text: string }): ReactNode {
  return split(text).map(({ kind, content, language }, at) =>
    kind === 'code' ? (
      <CodeBlock key={at} code={content} language={language} />
    ) : (
      <div key={at} className="prose" dir="auto">
        {content
          .split('`')
          .map((piece, nth, all) =>
            nth % 2 === 1 && nth < all.length - 1 ? (
              <InlineCode key={nth}>{piece}</InlineCode>
            ) : (
              <Words key={nth} text={tick(piece, nth, all.length)} />
            ),
          )}
      </div>
    ),
  );
}

/** Words, whose addresses can be followed. */
function Words({ text }: { readonly text: string }): ReactNode {
  return linked(text).map((piece, nth) =>
    piece.isLink ? (
      <Anchor key={nth} href={piece.text} target="_blank" rel="noreferrer noopener" inherit>
        {piece.text}
      </Anchor>
    ) : (
      piece.text
    ),
  );
}

/** A tick without another one is only a tick. */
function tick(piece: string, nth: number, count: number): string {
  return nth % 2 === 1 && nth === count - 1 ? `\`${piece}` : piece;
}

interface Part {
  readonly kind: 'text' | 'code';
  readonly content: string;
  /** What stands behind the fence, if anything. */
  readonly language?: string | undefined;
}

/** What opens or closes a block, with its language. */
const FENCE = /^```([^\n]*)\n?/m;

/** A fence that is not closed yet, as in a draft, closes at the end. */
export function split(text: string): Part[] {
  const pieces = text.split(FENCE);
  // Texts stand at even places, and between them what stood behind each fence.
  return pieces.flatMap((content, at): Part[] => {
    if (at % 2 === 1 || content.trim() === '') return [];
    const language = pieces[at - 1]?.trim() || undefined;
    const shown = content.replace(/\n$/, '');
    return at % 4 === 0
      ? [{ kind: 'text', content: shown }]
      : [{ kind: 'code', content: shown, language }];
  });
}
