import { type ListedInterview, listInterviews } from '@quintet/client/interviews';
import { useApi } from '@quintet/react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';

/** Interviews that are read at once. */
const PAGE = 20;

/** One's interviews about an analysis, the newest first. */
export function useInterviews(analysisId: string) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['interviews', analysisId],
    queryFn: ({ pageParam }) =>
      listInterviews(api, { analysisId, limit: PAGE, ...(pageParam && { cursor: pageParam }) }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
}

/** The newest of one's interviews, about an analysis or about any; `null` where there is none. */
export function useNewest(analysisId?: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['interviews', analysisId ?? '', 'newest'],
    queryFn: async (): Promise<ListedInterview | null> => {
      const about = analysisId === undefined ? {} : { analysisId };
      return (await listInterviews(api, { ...about, limit: 1 })).items[0] ?? null;
    },
    // Where it leads, a newer one must not be missed.
    gcTime: 0,
  });
}

const part = encodeURIComponent;

/** The address of an interview. */
export function addressOf({
  analysisId,
  sessionId,
}: Pick<ListedInterview, 'analysisId' | 'sessionId'>): string {
  return `/interview/${part(analysisId)}/${part(sessionId)}`;
}

/** Where another interview about an analysis begins. */
export function anotherAbout(analysisId: string): string {
  return `/interview/${part(analysisId)}/new`;
}
