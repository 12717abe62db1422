import { Alert, Button, CopyButton, Group, ScrollArea, Skeleton, Text } from '@mantine/core';
import { IconCheck, IconCopy, IconLock } from '@tabler/icons-react';
import { Refusal } from '@quintet/client';
import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Fault } from '../../parts/fault.js';

/** A document that nobody writes any more: its text as it was last, or why there is none. */
export function Ended({ documentId }: { readonly documentId: string }): ReactNode {
  const kept = useKept(documentId);
  if (kept.isPending) return <Skeleton height={240} aria-label="Reading the document" />;
  if (kept.isError) return <Fault error={kept.error} />;
  if (kept.data === null) {
    return (
      <Alert color="gray" icon={<IconLock size={18} />} title="Not open to you">
        Somebody else made a document of this name, and has not let you in. Ask them, or choose
        another name.
      </Alert>
    );
  }
  const { content } = kept.data;
  return (
    <>
      <Alert color="gray" icon={<IconLock size={18} />} title="This document has ended" mb="sm">
        Nobody can write in it any more. This is what it says; for something new, open a document of
        another name.
      </Alert>
      {content === '' ? (
        <Text size="sm" c="dimmed">
          Nothing was written in it.
        </Text>
      ) : (
        <Kept content={content} />
      )}
    </>
  );
}

function Kept({ content }: { readonly content: string }): ReactNode {
  return (
    <>
      <ScrollArea.Autosize
        mah="60vh"
        viewportProps={{ tabIndex: 0, role: 'region', 'aria-label': 'Text of the document' }}
      >
        <Text
          component="div"
          dir="auto"
          style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}
        >
          {content}
        </Text>
      </ScrollArea.Autosize>
      <Group mt="sm">
        <CopyButton value={content}>
          {({ copied, copy }) => (
            <Button
              size="xs"
              variant="default"
              leftSection={copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
              onClick={copy}
            >
              {copied ? 'Copied' : 'Copy the text'}
            </Button>
          )}
        </CopyButton>
      </Group>
    </>
  );
}

/** The text as the server keeps it; nothing where one may not read it. */
function useKept(documentId: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['document', documentId],
    queryFn: () =>
      api
        .get<{ content: string }>(`/api/documents/${encodeURIComponent(documentId)}`)
        .catch((error: unknown) => {
          if (error instanceof Refusal && CLOSED.has(error.code)) return null;
          throw error;
        }),
    retry: false,
    gcTime: 0,
  });
}

/** The codes of what is not there for somebody. */
const CLOSED: ReadonlySet<string> = new Set(['NOT_FOUND', 'FORBIDDEN']);
