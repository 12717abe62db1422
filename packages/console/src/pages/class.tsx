import { Button, Grid, Group, Stack, TextInput } from '@mantine/core';
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
    <Stack gap="md">
      <Heading title={`Class ${contextId}`}>
        <Chooser contextId={contextId} documentId={documentId} />
      </Heading>
      <Grid>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Figures key={contextId} contextId={contextId} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Paper key={documentId} contextId={contextId} documentId={documentId} />
        </Grid.Col>
      </Grid>
    </Stack>
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
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const path = [context.trim(), name.trim()].map(encodeURIComponent).join('/');
    navigate(`/class/${path}`);
  };
  return (
    <form onSubmit={submit}>
      <Group gap="xs" align="flex-end">
        <TextInput
          size="xs"
          w={130}
          label="Context"
          required
          maxLength={256}
          value={context}
          onChange={(event) => setContext(event.currentTarget.value)}
        />
        <TextInput
          size="xs"
          w={150}
          label="Document"
          required
          maxLength={256}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button size="xs" type="submit" variant="default">
          Open
        </Button>
      </Group>
    </form>
  );
}
