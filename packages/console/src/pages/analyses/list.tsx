import { Badge, Button, Card, Center, Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import type { Page } from '@quintet/client/api';
import { useAnalysis, useApi } from '@quintet/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Fault } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { type Listed, type Status, moment, nameOf } from './answers.js';
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
      <Fault error={analyses.error} />
      {analyses.isPending && <Skeleton height={150} aria-label="Reading your analyses" />}
      {analyses.isSuccess && items.length === 0 && (
        <Text c="dimmed" maw={520}>
          No analysis yet. Name a repository above: its review, a report on how it is built, and
          questions for an interview appear here, one after the other.
        </Text>
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
      <Group justify="space-between" wrap="nowrap" gap="md">
        <div style={{ minWidth: 0 }}>
          <Text fw={600} truncate>
            {nameOf(repositoryUrl)}
          </Text>
          <Text size="sm" c="dimmed" truncate>
            {repositoryUrl}
          </Text>
          <Text size="xs" c="dimmed" component="time" dateTime={createdAt}>
            {moment(createdAt)}
          </Text>
        </div>
        <Stack gap={6} align="flex-end" style={{ flexShrink: 0 }}>
          <Badge variant="dot" color={color}>
            {word}
          </Badge>
          {!isOver(status) && (
            <Progress value={progress} w={96} size="sm" aria-label={`${progress} % done`} />
          )}
        </Stack>
      </Group>
    </Link>
  );
}

const LOOK: Record<Status, readonly [string, string]> = {
  initiated: ['gray', 'Waiting'],
  processing: ['indigo', 'At work'],
  completed: ['teal', 'Complete'],
  failed: ['red', 'Failed'],
};
