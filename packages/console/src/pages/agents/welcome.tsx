import { Button, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Notice } from '../../parts/notice.js';
import { agentOf } from './agents.js';

/** What stands in a session in which nothing was said: what the agent does, and how to begin. */
export function Welcome({
  type,
  onSay,
}: {
  readonly type: string;
  readonly onSay: (text: string) => void;
}): ReactNode {
  const { name, icon, does, examples } = agentOf(type);
  return (
    <Notice
      icon={icon}
      title={name}
      action={
        <Stack gap="xs" mt="sm">
          {examples.map((example) => (
            <Button
              key={example}
              variant="default"
              size="sm"
              h="auto"
              py={8}
              styles={{ label: { whiteSpace: 'normal' } }}
              onClick={() => onSay(example)}
            >
              {example.includes('```') ? 'Have an example reviewed' : example}
            </Button>
          ))}
        </Stack>
      }
    >
      {does} Say something below, or begin with one of these.
    </Notice>
  );
}
