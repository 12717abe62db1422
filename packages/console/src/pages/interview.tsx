import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { Redirect, useLocation } from 'wouter';
import { Citations } from '../parts/cited.js';
import { Fault } from '../parts/fault.js';
import { Begin } from './interview/begin.js';
import { addressOf, anotherAbout, useNewest } from './interview/interviews.js';
import { Room } from './interview/room.js';

/**
 * An interview: `#/interview` to choose what about, `#/interview/ANALYSIS` for the newest about it,
 * `#/interview/ANALYSIS/new` to begin one, `#/interview/ANALYSIS/SESSION` to hold one.
 */
export default function InterviewPage(): ReactNode {
  const [location] = useLocation();
  const [analysisId = '', sessionId = ''] = location.split('/').slice(2).map(decodeURIComponent);
  if (analysisId === '') return <Begin />;
  if (sessionId === '') return <Newest analysisId={analysisId} />;
  if (sessionId === 'new') return <Begin key={analysisId} analysisId={analysisId} />;
  return (
    <Citations analysisId={analysisId}>
      <Room key={sessionId} sessionId={sessionId} />
    </Citations>
  );
}

function Newest({ analysisId }: { readonly analysisId: string }): ReactNode {
  const { data, error } = useNewest(analysisId);
  if (error !== null) return <Fault error={error} />;
  if (data === undefined) return <Skeleton height={240} aria-label="Looking for your interview" />;
  return <Redirect to={data === null ? anotherAbout(analysisId) : addressOf(data)} replace />;
}
