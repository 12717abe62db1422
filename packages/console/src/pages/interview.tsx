import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { Citations } from '../parts/cited.js';
import { Begin } from './interview/begin.js';
import { useRemembered } from './interview/memory.js';
import { Room } from './interview/room.js';

/** An interview: `#/interview` to choose what about, `#/interview/ANALYSIS` to hold it. */
export default function InterviewPage(): ReactNode {
  const [location] = useLocation();
  const analysisId = decodeURIComponent(location.split('/')[2] ?? '');
  return analysisId === '' ? <Begin /> : <About key={analysisId} analysisId={analysisId} />;
}

/** The last interview about an analysis, or where one begins. */
function About({ analysisId }: { readonly analysisId: string }): ReactNode {
  const { sessionId, isKnown, remember } = useRemembered(analysisId);
  if (!isKnown) return <Skeleton height={240} aria-label="Looking for your interview" />;
  if (sessionId === undefined) return <Begin analysisId={analysisId} onBegun={remember} />;
  return (
    <Citations analysisId={analysisId}>
      <Room key={sessionId} sessionId={sessionId} onLeave={() => remember(undefined)} />
    </Citations>
  );
}
