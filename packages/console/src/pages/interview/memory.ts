import { Refusal } from '@quintet/client';
import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { signedIn } from '../../sign-in-state.js';
import type { View } from './view.js';

/** Which interview each analysis had last; the server lists none, so this browser keeps their ids. */
type Kept = Readonly<Record<string, string>>;

const keyOf = (userId: string) => `quintet.interviews.${userId}`;

function kept(userId: string): Kept {
  try {
    return JSON.parse(localStorage.getItem(keyOf(userId)) ?? '{}') as Kept;
  } catch {
    return {};
  }
}

/** The interview that was held last about an analysis, as far as this browser knows. */
export function lastOf(analysisId: string): string | undefined {
  return kept(signedIn.value?.userId ?? '')[analysisId];
}

/** Keeps the interview that is held about an analysis, or forgets it. */
export function remember(analysisId: string, sessionId: string | undefined): void {
  const userId = signedIn.value?.userId;
  if (userId === undefined) return;
  const { [analysisId]: _before, ...others } = kept(userId);
  const now = sessionId === undefined ? others : { ...others, [analysisId]: sessionId };
  localStorage.setItem(keyOf(userId), JSON.stringify(now));
}

/** The interview as the server has it. */
export function useView(sessionId: string | undefined) {
  const api = useApi();
  return useQuery({
    queryKey: ['interview', sessionId],
    queryFn: () => api.get<View>(`/api/interviews/${encodeURIComponent(sessionId ?? '')}`),
    enabled: sessionId !== undefined,
  });
}

/** The last interview about an analysis, if it is still there. */
export function useRemembered(analysisId: string) {
  const [sessionId, setSessionId] = useState(() => lastOf(analysisId));
  const view = useView(sessionId);
  const isGone = view.error instanceof Refusal && view.error.code === 'SESSION_NOT_FOUND';
  return {
    sessionId: isGone ? undefined : sessionId,
    isKnown: sessionId === undefined || !view.isPending,
    remember: (next: string | undefined) => {
      remember(analysisId, next);
      setSessionId(next);
    },
  };
}

const draftKey = (questionId: string) => `quintet.draft.${questionId}`;

/** What was written towards an answer, over reloads of this tab. */
export function useDraft(sessionId: string, questionId: string) {
  const key = draftKey(`${sessionId}.${questionId}`);
  const [draft, setDraft] = useState(() => sessionStorage.getItem(key) ?? '');
  return {
    draft,
    write: (text: string) => {
      setDraft(text);
      sessionStorage.setItem(key, text);
    },
    forget: () => sessionStorage.removeItem(key),
  };
}
