import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { useApi } from '@quintet/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';
import type { Citation } from './citation.js';
import { Fault } from './fault.js';

/** Lines shown before and behind the cited ones. */
const AROUND = 12;
/** Lines that are read at once. */
const PAGE = 300;

/** Lines of a file as the server has them. */
interface Lines {
  readonly from: number;
  readonly to: number;
  readonly totalLines: number;
  readonly lines: readonly string[];
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The cited lines with those around them, and more where somebody wants them. */
export function CitedLines({
  analysisId,
  citation,
}: {
  readonly analysisId: string;
  readonly citation: Citation;
}): ReactNode {
  const lines = useLines(analysisId, citation);
  const pages = lines.data?.pages ?? [];
  const total = pages[0]?.totalLines;
  return (
    <Stack gap="sm">
      <Fault error={lines.error} />
      {lines.isPending && <Skeleton height={320} aria-label="Reading the lines" />}
      {lines.hasPreviousPage && (
        <Button
          size="compact-sm"
          variant="default"
          loading={lines.isFetchingPreviousPage}
          onClick={() => void lines.fetchPreviousPage()}
        >
          Earlier lines
        </Button>
      )}
      {pages.length > 0 && <Listing pages={pages} citation={citation} />}
      {lines.hasNextPage && (
        <Button
          size="compact-sm"
          variant="default"
          loading={lines.isFetchingNextPage}
          onClick={() => void lines.fetchNextPage()}
        >
          Later lines
        </Button>
      )}
      {total !== undefined && (
        <Text size="xs" c="dimmed">
          The file has {total.toLocaleString()} {total === 1 ? 'line' : 'lines'}.
        </Text>
      )}
    </Stack>
  );
}

function useLines(analysisId: string, { path, from, to }: Citation) {
  const api = useApi();
  const first: Span =
    from === undefined
      ? { from: 1, to: PAGE }
      : { from: Math.max(1, from - AROUND), to: (to ?? from) + AROUND };
  return useInfiniteQuery({
    queryKey: ['lines', analysisId, path, first.from, first.to],
    queryFn: ({ pageParam }) =>
      api.get<Lines>(`/api/analysis/${encodeURIComponent(analysisId)}/files`, {
        path,
        from: pageParam.from,
        to: pageParam.to,
      }),
    initialPageParam: first,
    getNextPageParam: (last): Span | undefined =>
      last.to < last.totalLines ? { from: last.to + 1, to: last.to + PAGE } : undefined,
    getPreviousPageParam: (start): Span | undefined =>
      start.from > 1 ? { from: Math.max(1, start.from - PAGE), to: start.from - 1 } : undefined,
    // A commit does not change.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

function Listing({
  pages,
  citation: { path, from = 0, to = from },
}: {
  readonly pages: readonly Lines[];
  readonly citation: Citation;
}): ReactNode {
  const meant = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    meant.current?.scrollIntoView({ block: 'center' });
  }, []);
  return (
    <pre className="lines" tabIndex={0} role="region" aria-label={`Lines of ${path}`}>
      {pages.flatMap((page) =>
        page.lines.map((line, nth) => {
          const number = page.from + nth;
          const isMeant = number >= from && number <= to;
          return (
            <span
              key={number}
              ref={number === from ? meant : undefined}
              data-line={number}
              className={isMeant ? 'meant' : undefined}
            >
              {/* An empty line has the height of one. */}
              <code>{line === '' ? ' ' : line}</code>
            </span>
          );
        }),
      )}
    </pre>
  );
}
