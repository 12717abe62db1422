import { Card, Skeleton, Text, Textarea } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Refusal } from '@quintet/client';
import { useApi } from '@quintet/react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Fault } from '../../parts/fault.js';

/** After the last key notes are kept: milliseconds. */
const SETTLED_AFTER = 800;
/** Characters of notes. */
const LENGTH_MAX = 20_000;

/** One's own notes for a session: suggestions quote them, and nobody else sees them. */
export function Notes({ sessionId }: { readonly sessionId: string }): ReactNode {
  const { kept, save } = useNotes(sessionId);
  const [text, setText] = useState<string>();
  const settle = useDebouncedCallback((written: string) => save.mutate(written), {
    delay: SETTLED_AFTER,
    flushOnUnmount: true,
  });
  const shown = text ?? kept.data ?? '';
  const isKept = text === undefined || (save.isSuccess && save.variables === text);
  return (
    <Card withBorder component="section" aria-label="Your notes">
      <Text fw={650} component="h3" m={0}>
        Your notes
      </Text>
      <Text size="sm" c="dimmed" mb="xs">
        What you have done and want to tell of: suggestions are made of it. Only you see it.
      </Text>
      {kept.isPending ? (
        <Skeleton height={130} aria-label="Reading your notes" />
      ) : (
        <Textarea
          aria-label="Your notes"
          placeholder={'# Project at Lux\n- Moved the shop to Rust; the bill fell by half'}
          autosize
          minRows={5}
          maxRows={14}
          maxLength={LENGTH_MAX}
          value={shown}
          onBlur={() => settle.flush()}
          onChange={({ currentTarget: { value } }) => {
            setText(value);
            settle(value);
          }}
        />
      )}
      <Text size="xs" c="dimmed" mt={6} mih={18}>
        {save.isError ? 'Not saved' : isKept ? shown !== '' && 'Saved' : 'Saving…'}
      </Text>
      <Fault
        error={save.error ?? kept.error}
        onRetry={() => text !== undefined && save.mutate(text)}
      />
    </Card>
  );
}

function useNotes(sessionId: string) {
  const api = useApi();
  const path = `/api/voice/sessions/${encodeURIComponent(sessionId)}/notes`;
  const kept = useQuery({
    queryKey: ['notes', sessionId],
    gcTime: 0,
    staleTime: Infinity,
    queryFn: () =>
      api
        .get<{ text: string }>(path)
        .then(({ text }) => text)
        .catch((error: unknown) => {
          // None yet, or the session is not there before the first one has joined it.
          if (error instanceof Refusal && error.code.endsWith('NOT_FOUND')) return '';
          throw error;
        }),
  });
  const save = useMutation({
    mutationFn: (written: string) => api.send('PUT', path, { text: written }),
  });
  return { kept, save };
}
