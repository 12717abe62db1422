import './analyses.css';
import { Badge, Button, Card, Center, Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import type { Page } from '@quintet/client/api';
import { useAnalysis, useApi } from '@quintet/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { IconFileSearch } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Fault } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { Notice } from '../../parts/notice.js';
import { When } from '../../parts/when.js';
import { type Listed, type Status, nameOf } from './answers.js';
import { Submit } from './submit.js';

/** Analyses that are read at once. */
const PAGE = 50;

/** One's analyses, the newest first. */
export function useAnalyses() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['analyses'],
    queryFn: ({ pageParam }) =>
      api.get<Page<Listed>>('/api/analyses', { limit: PAGE, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
}

/** Where a repository is submitted, and what was submitted before. */
export function Analyses(): ReactNode {
  const analyses = useAnalyses();
  const items = analyses.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <Heading title="Analyses" />
      <Submit />
      <Fault error={analyses.error} onRetry={analyses.refetch} />
      {analyses.isPending && (
        <Stack gap="sm" role="status" aria-label="Reading your analyses">
          {[0, 1, 2].map((nth) => (
            <Skeleton key={nth} height={76} radius="md" />
          ))}
        </Stack>
      )}
      {analyses.isSuccess && items.length === 0 && (
        <Notice icon={IconFileSearch} title="No analysis yet">
          Name a repository above: its review, a report on how it is built, and questions for an
          interview appear here, one after the other.
        </Notice>
      )}
      <Stack component="ul" p={0} m={0} gap="sm" style={{ listStyle: 'none' }}>
        {items.map((item) => (
          <Card key={item.analysisId} component="li" withBorder padding={0}>
            {isOver(item.status) ? <Row item={item} /> : <LiveRow item={item} />}
          </Card>
        ))}
      </Stack>
      {analyses.hasNextPage && (
        <Center mt="md">
          <Button
            variant="default"
            loading={analyses.isFetchingNextPage}
            onClick={() => void analyses.fetchNextPage()}
          >
            Earlier analyses
          </Button>
        </Center>
      )}
    </>
  );
}

function isOver(status: Status): boolean {
  return status === 'completed' || status === 'failed';
}

/** One that is not over: what comes is told at once. */
function LiveRow({ item }: { readonly item: Listed }): ReactNode {
  const { progress } = useAnalysis(item.analysisId);
  const isNewer =
    progress !== undefined && (progress.progress > item.progress || isOver(progress.status));
  return <Row item={isNewer ? { ...item, ...progress } : item} />;
}

function Row({ item }: { readonly item: Listed }): ReactNode {
  const { analysisId, repositoryUrl, createdAt, status, progress } = item;
  const [color, word] = LOOK[status];
  return (
    <Link href={`/analyses/${encodeURIComponent(analysisId)}`} className="tile">
      <div className="analysis">
        <Text fw={600} truncate dir="auto">
          {nameOf(repositoryUrl)}
        </Text>
        <Group gap="sm" wrap="nowrap">
          {!isOver(status) && (
            <Progress value={progress} w={96} size="sm" aria-label={`${progress} % done`} />
          )}
          <Badge variant="dot" color={color}>
            {word}
          </Badge>
        </Group>
        <Text size="sm" c="dimmed" className="analysis-address" title={repositoryUrl}>
          <When at={createdAt} size="sm" />
          {' · '}
          {repositoryUrl}
        </Text>
      </div>
    </Link>
  );
}

const LOOK: Record<Status, readonly [string, string]> = {
  initiated: ['gray', 'Waiting'],
  processing: ['indigo', 'At work'],
  completed: ['teal', 'Complete'],
  failed: ['red', 'Failed'],
};
