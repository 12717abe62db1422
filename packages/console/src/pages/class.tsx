import { Autocomplete, Button, Grid, Group, TextInput } from '@mantine/core';
import type { Page } from '@quintet/client/api';
import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useLocation } from 'wouter';
import { Heading } from '../parts/heading.js';
import { Figures } from './class/figures.js';
import { Paper } from './class/paper.js';

/** A class at work: its figures, and a document that everybody edits. `#/class/CONTEXT/DOCUMENT` */
export default function ClassPage(): ReactNode {
  const [location] = useLocation();
  const [, , context = '', name = ''] = location.split('/').map(decodeURIComponent);
  const contextId = context || 'default';
  const documentId = name || `${contextId}-notes`;
  return (
    <>
      <Heading title={`Class ${contextId}`}>
        <Chooser key={location} contextId={contextId} documentId={documentId} />
      </Heading>
      <Grid align="stretch">
        <Grid.Col span={{ base: 12, lg: 5 }} order={{ base: 2, lg: 1 }}>
          <Figures key={contextId} contextId={contextId} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 7 }} order={{ base: 1, lg: 2 }}>
          <Paper key={documentId} contextId={contextId} documentId={documentId} />
        </Grid.Col>
      </Grid>
    </>
  );
}

function Chooser({
  contextId,
  documentId,
}: {
  readonly contextId: string;
  readonly documentId: string;
}): ReactNode {
  const [, navigate] = useLocation();
  const [context, setContext] = useState(contextId);
  const [name, setName] = useState(documentId);
  const documents = useDocuments();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const path = [context.trim(), name.trim()].map(encodeURIComponent).join('/');
    navigate(`/class/${path}`);
  };
  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="flex-end" wrap="nowrap">
        <TextInput
          size="xs"
          style={{ flex: '1 1 130px' }}
          label="Class"
          required
          withAsterisk={false}
          maxLength={256}
          value={context}
          onChange={(event) => setContext(event.currentTarget.value)}
        />
        <Autocomplete
          size="xs"
          style={{ flex: '1 1 160px' }}
          label="Document"
          required
          withAsterisk={false}
          maxLength={256}
          data={documents}
          limit={20}
          value={name}
          onChange={setName}
        />
        <Button size="xs" type="submit" variant="default" style={{ flexShrink: 0 }}>
          Open
        </Button>
      </Group>
    </form>
  );
}

/** The documents that somebody has made, to choose from; they may write the name of any other one. */
function useDocuments(): string[] {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['documents'],
    queryFn: () => api.get<Page<{ id: string; closed: boolean }>>('/api/documents', { limit: 200 }),
  });
  return data?.items.filter(({ closed }) => !closed).map(({ id }) => id) ?? [];
}
