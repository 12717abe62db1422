import { Box, Button, Skeleton, Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault } from '../../parts/fault.js';
import { Heading } from '../../parts/heading.js';
import { Asking } from './asking.js';
import { type Now, type View, useAnswer, useHeld } from './held.js';
import { Conclusion } from './conclusion.js';
import { Transcript } from './transcript.js';

/** An interview from its first question to its summary. */
export function Room({ sessionId }: { readonly sessionId: string }): ReactNode {
  const { view, connection, now } = useHeld(sessionId);
  const { data } = view;
  const title = data?.sessionType === 'live' ? 'Interview' : 'Practice interview';
  return (
    <Box maw={900}>
      <Heading title={data === undefined ? 'Interview' : title}>
        <ConnectionBadge state={connection} />
      </Heading>
      {view.error !== null && <Missing error={view.error} onRetry={() => void view.refetch()} />}
      {view.isPending && <Skeleton height={320} aria-label="Reading the interview" />}
      {data !== undefined && now !== undefined && (
        <Stack gap="md">
          <Course view={data} now={now} />
        </Stack>
      )}
    </Box>
  );
}

/** An interview that cannot be read, and a way to those that can. */
function Missing({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
}): ReactNode {
  return (
    <>
      <Fault error={error} onRetry={onRetry} />
      <Button component={Link} href="/interview" variant="default" mt="xs" mb="md">
        Your interviews
      </Button>
    </>
  );
}

function Course({ view, now }: { readonly view: View; readonly now: Now }): ReactNode {
  const answer = useAnswer(view.sessionId, now);
  if (now.status === 'complete') {
    return (
      <>
        {now.summary === undefined ? (
          <Skeleton height={320} aria-label="Reading the summary" />
        ) : (
          <Conclusion analysisId={view.analysisId} summary={now.summary} />
        )}
        <Transcript transcript={view.transcript} isOver />
      </>
    );
  }
  return (
    <>
      <Asking view={view} now={now} answer={answer} />
      <Transcript transcript={view.transcript} />
    </>
  );
}
