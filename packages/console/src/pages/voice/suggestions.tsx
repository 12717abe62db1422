import { Badge, Card, Stack, Text } from '@mantine/core';
import type { VoiceSession } from '@quintet/client/voice';
import type { ReactNode } from 'react';

/** What whoever has to answer could say. */
export function Suggestions({
  session: { suggestions },
}: {
  readonly session: VoiceSession;
}): ReactNode {
  return (
    <Card withBorder component="section" aria-label="Suggestions">
      <Text fw={650} component="h3" m={0} mb={4}>
        What you could answer
      </Text>
      {/* That there are some is told; they themselves are read by who wants to. */}
      <Text className="hidden" role="status">
        {suggestions !== undefined && `New suggestions for: ${suggestions.forText}`}
      </Text>
      {suggestions === undefined ? (
        <Text size="sm" c="dimmed">
          When somebody has asked something, outlines of an answer appear here, out of your notes.
        </Text>
      ) : (
        <Stack gap="sm">
          <Text size="sm" c="dimmed" fs="italic" dir="auto">
            “{suggestions.forText}”
          </Text>
          {suggestions.responses.map(({ text, tone }) => (
            <Card key={text} withBorder padding="sm" radius="md">
              {tone != null && (
                <Badge size="sm" variant="light" mb={6} tt="capitalize">
                  {tone}
                </Badge>
              )}
              <Text
                size="sm"
                dir="auto"
                style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
              >
                {text}
              </Text>
            </Card>
          ))}
        </Stack>
      )}
    </Card>
  );
}
