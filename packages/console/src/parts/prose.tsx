import { ActionIcon, Box, Code, CopyButton, Text } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** Texts with blocks of code between ``` fences, `code` in their lines, and everything else as it is. */
export function Prose({ text }: { readonly text: string }): ReactNode {
  return split(text).map(({ kind, content }, at) =>
    kind === 'code' ? (
      <CodeBlock key={at} code={content} />
    ) : (
      <Text
        key={at}
        size="sm"
        component="div"
        style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
      >
        {content
          .split('`')
          .map((piece, nth, all) =>
            nth % 2 === 1 && nth < all.length - 1 ? (
              <Code key={nth}>{piece}</Code>
            ) : (
              tick(piece, nth, all.length)
            ),
          )}
      </Text>
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
}

/** A fence that is not closed yet, as in a draft, closes at the end. */
export function split(text: string): Part[] {
  return text.split(/^```[^\n]*\n?/m).flatMap((content, at): Part[] => {
    if (content.trim() === '') return [];
    return [{ kind: at % 2 === 1 ? 'code' : 'text', content: content.replace(/\n$/, '') }];
  });
}

/** Code in a box of its own, with a button that copies it. */
export function CodeBlock({ code }: { readonly code: string }): ReactNode {
  return (
    <Box pos="relative" my={6}>
      <Code block tabIndex={0} style={{ maxHeight: 420, overflow: 'auto' }}>
        {code}
      </Code>
      <CopyButton value={code}>
        {({ copied, copy }) => (
          <ActionIcon
            pos="absolute"
            top={6}
            right={6}
            size="sm"
            variant="default"
            aria-label={copied ? 'Copied' : 'Copy the code'}
            onClick={copy}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        )}
      </CopyButton>
    </Box>
  );
}
