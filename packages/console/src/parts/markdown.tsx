import './said.css';
import { Anchor, Blockquote, Box, Divider, List, Table, Title } from '@mantine/core';
import { type ReactNode, memo, useDeferredValue, useMemo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import gfm from 'remark-gfm';
import { blocks } from './blocks.js';
import { CodeBlock } from './code-block.js';
import { InlineCode } from './inline-code.js';

/** What an agent or a report says, in Markdown. No HTML of its own gets into the page. */
export default function Markdown({ text }: { readonly text: string }): ReactNode {
  const all = useMemo(() => ({ first: 0, pieces: blocks(text) }), [text]);
  const { first, pieces } = useDeferredValue(all, endOf(all));
  return (
    // What stands before its end is no news to a screen reader.
    <Box fz="sm" dir="auto" style={{ overflowWrap: 'anywhere' }} aria-busy={first > 0}>
      {pieces.map((piece, at) => (
        <Block key={first + at} text={piece} isLast={at === pieces.length - 1} />
      ))}
    </Box>
  );
}

/** Pieces that are rendered at once; of a longer text those before them follow, while somebody may type. */
const AT_ONCE = 30;

interface Pieces {
  /** The place of the first one in the text. */
  readonly first: number;
  readonly pieces: readonly string[];
}

function endOf({ pieces }: Pieces): Pieces {
  const first = Math.max(0, pieces.length - AT_ONCE);
  return { first, pieces: pieces.slice(first) };
}

/** Is read once: where a text grows, what stands before its end is not read again. */
const Block = memo(function Block({
  text,
  isLast,
}: {
  readonly text: string;
  /** It may still grow. */
  readonly isLast: boolean;
}): ReactNode {
  return isLast ? read(text) : readOnce(text);
});

const read = (text: string): ReactNode =>
  ReactMarkdown({ remarkPlugins: PLUGINS, components: COMPONENTS, children: text });

/** Pieces that are kept as they were read; past it the ones read longest ago go. */
const KEPT_MAX = 500;
const kept = new Map<string, ReactNode>();

/** What an answer says stands in another place once it is whole, and again when it is scrolled to. */
function readOnce(text: string): ReactNode {
  const known = kept.get(text) ?? read(text);
  kept.delete(text);
  kept.set(text, known);
  const [oldest] = kept.keys();
  if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest);
  return known;
}

const PLUGINS = [gfm];

/** A heading in a message is no heading of the page: it is smaller than those. */
const heading = ({ children }: { children?: ReactNode }): ReactNode => (
  <Title order={3} size="h6" mt="md" mb={6}>
    {children}
  </Title>
);

const COMPONENTS: Components = {
  h1: heading,
  h2: heading,
  h3: heading,
  h4: heading,
  p: ({ children }) => <p className="paragraph">{children}</p>,
  a: ({ href, children }) => (
    <Anchor href={href ?? '#'} target="_blank" rel="noreferrer noopener">
      {children}
    </Anchor>
  ),
  ul: ({ children }) => (
    <List size="sm" mb={6}>
      {children}
    </List>
  ),
  ol: ({ children }) => (
    <List size="sm" type="ordered" mb={6}>
      {children}
    </List>
  ),
  li: ({ children }) => <List.Item>{children}</List.Item>,
  table: ({ children }) => (
    <Table.ScrollContainer minWidth={300}>
      <Table withTableBorder>{children}</Table>
    </Table.ScrollContainer>
  ),
  blockquote: ({ children }) => (
    <Blockquote py={4} px="sm" my={6} fz="sm" color="gray">
      {children}
    </Blockquote>
  ),
  hr: () => <Divider my="sm" />,
  // The block brings its own box; what stands in a line has no line break.
  pre: ({ children }) => <>{children}</>,
  code: ({ children, className }) => {
    const code = String(children);
    if (!code.includes('\n')) return <InlineCode>{code}</InlineCode>;
    const language = /language-(\S+)/.exec(className ?? '')?.[1];
    return <CodeBlock code={code.replace(/\n$/, '')} language={language} />;
  },
};
