import { Badge, Card, Group, Skeleton, Text } from '@mantine/core';
import { isOpen } from '@quintet/client';
import type { DocumentState } from '@quintet/client/collaboration';
import { useDocument } from '@quintet/react';
import type { ReactNode } from 'react';
import { ConnectionBadge } from '../../parts/connection.js';
import { Editor } from './editor.js';
import { Ended } from './ended.js';
import { People } from './people.js';
import { Tools } from './tools.js';

/** A document that several people write, with who is in it and who may what. */
export function Paper({
  contextId,
  documentId,
}: {
  readonly contextId: string;
  readonly documentId: string;
}): ReactNode {
  const { document, client, connection } = useDocument(documentId, { contextId });
  const { status } = document;
  return (
    <Card withBorder component="section" aria-label={`Document ${documentId}`} h="100%">
      <Group justify="space-between" mb="sm" gap="xs" mih={30}>
        <Group gap="xs" style={{ minWidth: 0 }}>
          <Text fw={650} component="h3" m={0} dir="auto" style={{ overflowWrap: 'anywhere' }}>
            {documentId}
          </Text>
          {status === 'joined' && <Right document={document} />}
        </Group>
        <Group gap="xs">
          {status === 'joined' && (
            <>
              <People document={document} own={client.connection.userId} />
              <Tools document={document} client={client} />
            </>
          )}
          <ConnectionBadge state={connection} />
        </Group>
      </Group>
      {status === 'joining' && <Skeleton height={320} aria-label="Opening the document" />}
      {status === 'closed' && <Ended documentId={documentId} />}
      {status === 'joined' && (
        <>
          <Editor document={document} client={client} />
          <Text size="xs" c="dimmed" mt={8}>
            {saved(document, isOpen(connection))}
          </Text>
        </>
      )}
    </Card>
  );
}

/** What keeps somebody from writing. */
function Right({ document: { isLocked, role } }: { readonly document: DocumentState }): ReactNode {
  if (isLocked) return <Badge color="#a63a00">Locked</Badge>;
  return role === 'observer' ? <Badge color="gray.7">View only</Badge> : null;
}

function saved({ pending, version }: DocumentState, isConnected: boolean): string {
  if (pending === 0) return `Saved, version ${version.toLocaleString()}`;
  if (isConnected) return 'Saving…';
  return 'Not saved yet: what you write is kept on this page, and saved once the connection is back';
}
