import { Anchor, Code, List, Table, Text, Title, Typography } from '@mantine/core';
import type { ReactNode } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import gfm from 'remark-gfm';
import { CodeBlock } from './prose.js';

/** What an agent or a report says, in Markdown. No HTML of its own gets into the page. */
export default function Markdown({ text }: { readonly text: string }): ReactNode {
  return (
    <Typography fz="sm" style={{ overflowWrap: 'anywhere' }}>
      <ReactMarkdown remarkPlugins={[gfm]} components={COMPONENTS}>
        {text}
      </ReactMarkdown>
    </Typography>
  );
}

/** A heading in a message is no heading of the page. */
const heading = ({ children }: { children?: ReactNode }): ReactNode => (
  <Title order={3} size="h6" mt="sm" mb={4}>
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
  // The block brings its own box; what stands in a line has no line break.
  pre: ({ children }) => <>{children}</>,
  code: ({ children }) => {
    const code = String(children);
    return code.includes('\n') ? <CodeBlock code={code.replace(/\n$/, '')} /> : <Code>{code}</Code>;
  },
};
