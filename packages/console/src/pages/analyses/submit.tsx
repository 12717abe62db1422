import { Button, Card, Group, Stack, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useApi } from '@quintet/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { Fault } from '../../parts/fault.js';

interface Begun {
  readonly analysisId: string;
  /** Seconds. */
  readonly estimatedCompletionTime: number;
}

/** Where what the server expected an analysis to take is kept while the page is open. */
export const estimateKey = (analysisId: string) => ['estimate', analysisId];

/** Asks for an analysis, and goes to where it can be watched. */
export function useAnalyse() {
  const api = useApi();
  const queries = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: (repositoryUrl: string) =>
      api.send<Begun>('POST', '/api/analyze', { repositoryUrl }),
    onSuccess: ({ analysisId, estimatedCompletionTime }) => {
      queries.setQueryData(estimateKey(analysisId), estimatedCompletionTime);
      void queries.invalidateQueries({ queryKey: ['analyses'] });
      navigate(`/analyses/${encodeURIComponent(analysisId)}`);
    },
  });
}

/** Where a repository is named. */
export function Submit(): ReactNode {
  const [url, setUrl] = useState('');
  const box = useRef<HTMLInputElement>(null);
  const analyse = useAnalyse();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (url.trim() === '') box.current?.focus();
    else analyse.mutate(url.trim());
  };
  return (
    <Card withBorder mb="lg" component="form" onSubmit={submit}>
      <Stack gap="sm">
        <Group align="flex-end" gap="sm">
          <TextInput
            ref={box}
            label="Repository"
            description="An https address, or a folder on the server that it allows."
            placeholder="https://github.com/owner/name"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            style={{ flex: '1 1 260px' }}
            value={url}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
          <Button type="submit" leftSection={<IconSearch size={16} />} loading={analyse.isPending}>
            Analyse
          </Button>
        </Group>
        <Fault error={analyse.error} />
      </Stack>
    </Card>
  );
}
