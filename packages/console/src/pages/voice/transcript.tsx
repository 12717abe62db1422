import { Card, ScrollArea, Stack, Text } from '@mantine/core';
import type { Utterance, VoiceSession } from '@quintet/client/voice';
import { type ReactNode, useEffect, useRef } from 'react';
import { Said } from '../../parts/said.js';

/** What was said, as it is said: what is still being heard stands lighter. */
export function Transcript({
  session,
  own,
}: {
  readonly session: VoiceSession;
  /** One's own user id. */
  readonly own: string | undefined;
}): ReactNode {
  const end = useRef<HTMLDivElement>(null);
  const { transcript, people } = session;
  useEffect(() => {
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [transcript]);
  const nameOf = (userId: string) => (userId === own ? 'You' : (people.get(userId) ?? userId));
  return (
    <Card withBorder component="section" aria-label="Transcript">
      <Text fw={650}>What was said</Text>
      <ScrollArea.Autosize mah="46vh" type="auto">
        <Stack gap={0} role="log" aria-label="What was said">
          {transcript.map((utterance, at) => (
            <Said
              key={utterance.itemId}
              name={nameOf(utterance.userId)}
              isTogether={transcript[at - 1]?.userId === utterance.userId}
            >
              <Words utterance={utterance} />
            </Said>
          ))}
        </Stack>
        {transcript.length === 0 && (
          <Text size="sm" c="dimmed">
            Speak, and have it written down: the words appear here while you say them.
          </Text>
        )}
        <div ref={end} />
      </ScrollArea.Autosize>
    </Card>
  );
}

function Words({ utterance }: { readonly utterance: Utterance }): ReactNode {
  const { text, isFinal, startTime } = utterance;
  const seconds = Math.floor(startTime / 1000);
  const at = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return (
    <Text
      size="sm"
      c={isFinal ? 'inherit' : 'dimmed'}
      fs={isFinal ? 'normal' : 'italic'}
      title={`${at} of the session`}
    >
      {text}
      {!isFinal && ' …'}
    </Text>
  );
}
