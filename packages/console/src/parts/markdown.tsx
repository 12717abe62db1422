import { Anchor, Blockquote, Box, Code, Divider, List, Table, Text, Title } from '@mantine/core';
import { type ReactNode, memo, useMemo } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import gfm from 'remark-gfm';
import { blocks } from './blocks.js';
import { CodeBlock } from './code-block.js';

/** What an agent or a report says, in Markdown. No HTML of its own gets into the page. */
export default function Markdown({ text }: { readonly text: string }): ReactNode {
  const pieces = useMemo(() => blocks(text), [text]);
  return (
    <Box fz="sm" dir="auto" style={{ overflowWrap: 'anywhere' }}>
      {pieces.map((piece, at) => (
        <Block key={at} text={piece} />
      ))}
    </Box>
  );
}

/** Is read once: where a text grows, what stands before its end is not read again. */
const Block = memo(function Block({ text }: { readonly text: string }): ReactNode {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS}>
      {text}
    </ReactMarkdown>
  );
});

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
  p: ({ children }) => (
    <Text size="sm" mb={6}>
      {children}
    </Text>
  ),
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
    if (!code.includes('\n')) return <Code>{code}</Code>;
    const language = /language-(\S+)/.exec(className ?? '')?.[1];
    return <CodeBlock code={code.replace(/\n$/, '')} language={language} />;
  },
};
