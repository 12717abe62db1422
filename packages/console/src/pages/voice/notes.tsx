import { Button, Card, Group, Text, Textarea } from '@mantine/core';
import { Refusal } from '@quintet/client';
import { useApi } from '@quintet/react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { Fault } from '../../parts/fault.js';

/** One's own notes for a session: suggestions quote them, and nobody else sees them. */
export function Notes({ sessionId }: { readonly sessionId: string }): ReactNode {
  const api = useApi();
  const path = `/api/voice/sessions/${encodeURIComponent(sessionId)}/notes`;
  const kept = useQuery({
    queryKey: ['notes', sessionId],
    queryFn: () =>
      api.get<{ text: string }>(path).catch((error: unknown) => {
        // None yet, or the session is not there before the first one has joined it.
        if (error instanceof Refusal) return { text: '' };
        throw error;
      }),
  });
  const [text, setText] = useState<string>();
  useEffect(() => setText(undefined), [sessionId]);
  const save = useMutation({
    mutationFn: (written: string) => api.send('PUT', path, { text: written }),
    onSuccess: () => kept.refetch().then(() => setText(undefined)),
  });
  const shown = text ?? kept.data?.text ?? '';
  return (
    <Card withBorder component="section" aria-label="Your notes">
      <Text fw={650}>Your notes</Text>
      <Text size="sm" c="dimmed" mb="xs">
        What you have done and want to tell of. Only you see them.
      </Text>
      <Textarea
        aria-label="Your notes"
        placeholder={'# Project at Lux\n- Moved the shop to Rust; the bill fell by half'}
        autosize
        minRows={5}
        maxRows={14}
        value={shown}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Group mt="xs" justify="flex-end">
        <Button
          size="xs"
          variant="default"
          loading={save.isPending}
          disabled={text === undefined || text === kept.data?.text}
          onClick={() => save.mutate(shown)}
        >
          Keep
        </Button>
      </Group>
      <Fault error={save.error ?? kept.error} />
    </Card>
  );
}
