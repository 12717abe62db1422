import { Box, Card, Group, Text } from '@mantine/core';
import type { Utterance } from '@quintet/client/voice';
import { type ReactNode, useEffect, useRef } from 'react';
import { Said } from '../../parts/said.js';

/** So near to the end somebody reads along: pixels. */
const NEAR_END = 80;

/** What was said, as it is said: what is still being heard stands lighter. */
export function Transcript({
  transcript,
  nameOf,
  hint,
}: {
  readonly transcript: readonly Utterance[];
  /** What somebody is called, by their id. */
  readonly nameOf: (userId: string) => string;
  /** What stands where nothing was said yet. */
  readonly hint: string;
}): ReactNode {
  const box = useEnd(transcript);
  return (
    <Card withBorder component="section" aria-label="Transcript">
      <Text fw={650} component="h3" m={0}>
        What was said
      </Text>
      <Box
        ref={box}
        role="log"
        aria-label="What was said"
        tabIndex={0}
        mah="50vh"
        mih={120}
        style={{ overflowY: 'auto' }}
      >
        {transcript.map((utterance, at) => (
          <Said
            key={utterance.itemId}
            name={nameOf(utterance.userId)}
            isTogether={transcript[at - 1]?.userId === utterance.userId}
          >
            <Words utterance={utterance} />
          </Said>
        ))}
        {transcript.length === 0 && (
          <Text size="sm" c="dimmed" mt={4}>
            {hint}
          </Text>
        )}
      </Box>
    </Card>
  );
}

/** Whoever reads the newest goes on doing so; the page itself stays where it is. */
function useEnd(transcript: readonly Utterance[]) {
  const box = useRef<HTMLDivElement>(null);
  const height = useRef(0);
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    const { scrollTop, scrollHeight, clientHeight } = current;
    if (height.current - scrollTop - clientHeight < NEAR_END) current.scrollTop = scrollHeight;
    height.current = scrollHeight;
  }, [transcript]);
  return box;
}

function Words({ utterance }: { readonly utterance: Utterance }): ReactNode {
  const { text, isFinal, startTime } = utterance;
  return (
    <Group wrap="nowrap" justify="space-between" align="baseline" gap="sm">
      {/* Read out once it is whole: its beginnings would be read again and again. */}
      <Text
        key={String(isFinal)}
        size="sm"
        dir="auto"
        c={isFinal ? 'inherit' : 'dimmed'}
        fs={isFinal ? 'normal' : 'italic'}
        aria-hidden={!isFinal}
        style={{ overflowWrap: 'anywhere' }}
      >
        {text}
        {!isFinal && ' …'}
      </Text>
      <Text size="xs" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums', flexShrink: 0 }}>
        <span className="hidden">at </span>
        {minuteOf(startTime)}
      </Text>
    </Group>
  );
}

/** How far into the session: minutes and seconds. */
function minuteOf(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
