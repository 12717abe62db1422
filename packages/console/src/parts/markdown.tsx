import './said.css';
import { Anchor, Blockquote, Box, Divider, List, Table, Title } from '@mantine/core';
import { type ReactNode, memo, useMemo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import gfm from 'remark-gfm';
import { blocks } from './blocks.js';
import { CodeBlock } from './code-block.js';
import { InlineCode } from './inline-code.js';

/** What an agent or a report says, in Markdown. No HTML of its own gets into the page. */
export default function Markdown({ text }: { readonly text: string }): ReactNode {
  const pieces = useMemo(() => blocks(text), [text]);
  return (
    <Box fz="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>
      {pieces.map((piece, at) => (
        <Block key={at} text={piece} isLast={at === pieces.length - 1} />
      ))}
    </Box>
  );
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
