import { Refusal } from '@quintet/client';
import type { Page } from '@quintet/client/api';
import type { Utterance } from '@quintet/client/voice';
import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';

/** A session as the server keeps it. */
export interface Kept {
  readonly ownerId: string;
  readonly status: string;
}

/** An utterance as it is kept, with the name of whoever spoke. */
type Spoken = Utterance & { readonly userName?: string };

/** Utterances of a page, and pages that are read: of a longer talk the beginning. */
const PAGE = 200;
const PAGES_MAX = 20;

/** Who owns the session, and whether it has ended, once it is there; nothing where one may not know. */
export function useKept(sessionId: string, isJoined: boolean, isRefused: boolean) {
  const api = useApi();
  return useQuery({
    queryKey: ['voice session', sessionId, isJoined],
    enabled: isJoined || isRefused,
    retry: false,
    queryFn: () =>
      api.get<Kept>(`/api/voice/sessions/${encodeURIComponent(sessionId)}`).catch(absent),
  });
}

/** What was said before this page was open or while it was away, and the names of who said it. */
export function usePast(
  sessionId: string,
  isWanted: boolean,
  strangers: string,
  /** When the session was joined last. */
  joinedAt: number | undefined,
): { readonly utterances: readonly Spoken[]; readonly names: ReadonlyMap<string, string> } {
  const api = useApi();
  const path = `/api/voice/sessions/${encodeURIComponent(sessionId)}/transcript`;
  const { data = NOTHING, refetch } = useQuery({
    queryKey: ['transcript', sessionId],
    enabled: isWanted,
    retry: false,
    gcTime: 0,
    queryFn: async () => {
      const utterances: Spoken[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const read = await api
          .get<Page<Spoken>>(path, { format: 'json', limit: PAGE, cursor })
          .catch(absent);
        utterances.push(...(read?.items ?? []));
        cursor = read?.nextCursor ?? undefined;
        if (cursor === undefined) break;
      }
      const names = new Map<string, string>();
      for (const { userId, userName } of utterances) {
        if (userName !== undefined) names.set(userId, userName);
      }
      return { utterances, names };
    },
  });
  useEffect(() => {
    // Somebody speaks whose name nobody told: what they said is kept with it.
    if (isWanted && strangers !== '') void refetch();
  }, [isWanted, strangers, refetch]);
  useEffect(() => {
    // Nobody tells again what was said before one came back.
    if (isWanted && joinedAt !== undefined) void refetch();
  }, [isWanted, joinedAt, refetch]);
  return data;
}

const NOTHING = { utterances: [], names: new Map<string, string>() };

/** What is not there, or not for this person, is nothing. */
function absent(error: unknown): null {
  if (error instanceof Refusal) return null;
  throw error;
}

/**
 * What was kept and what was told since, each utterance once, in the order in which they began. What was still
 * being heard when one was cut off is as it was kept.
 */
export function merged(
  past: readonly Utterance[],
  told: readonly Utterance[],
): readonly Utterance[] {
  const finals = new Set(told.filter(({ isFinal }) => isFinal).map(({ itemId }) => itemId));
  const kept = past.filter(({ itemId }) => !finals.has(itemId));
  if (kept.length === 0) return told;
  const known = new Set(kept.map(({ itemId }) => itemId));
  const others = told.filter(({ itemId }) => !known.has(itemId));
  return [...kept, ...others].sort((a, b) => a.startTime - b.startTime);
}
