import { Badge, Button, Card, Center, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import type { ListedInterview } from '@quintet/client/interviews';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Fault } from '../../parts/fault.js';
import { ScoreRing } from '../../parts/score.js';
import { moment } from '../analyses/answers.js';
import { addressOf, useInterviews } from './interviews.js';

/** One's interviews about an analysis: those that are not over can be gone on with, the others read. */
export function Sittings({ analysisId }: { readonly analysisId: string }): ReactNode {
  const interviews = useInterviews(analysisId);
  const items = interviews.data?.pages.flatMap((page) => page.items) ?? [];
  if (interviews.isPending) return <Skeleton height={80} aria-label="Reading your interviews" />;
  if (interviews.isSuccess && items.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-label="Your interviews about it">
      <Title order={3} size="h5">
        Your interviews about it
      </Title>
      <Fault error={interviews.error} />
      <Stack component="ul" p={0} m={0} gap="sm" style={{ listStyle: 'none' }}>
        {items.map((item) => (
          <Card key={item.sessionId} component="li" withBorder padding={0}>
            <Sitting item={item} />
          </Card>
        ))}
      </Stack>
      {interviews.hasNextPage && (
        <Center>
          <Button
            variant="default"
            loading={interviews.isFetchingNextPage}
            onClick={() => void interviews.fetchNextPage()}
          >
            Earlier interviews
          </Button>
        </Center>
      )}
    </Stack>
  );
}

const LOOK = {
  active: ['indigo', 'Under way'],
  paused: ['gray', 'Paused'],
  complete: ['teal', 'Complete'],
} as const;

function Sitting({ item }: { readonly item: ListedInterview }): ReactNode {
  const { startedAt, sessionType, status, questionsAnswered, totalQuestions, overallScore } = item;
  const [color, word] = LOOK[status];
  return (
    <Link href={addressOf(item)} className="tile">
      <Group justify="space-between" wrap="nowrap" gap="md">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={600} component="time" dateTime={startedAt}>
            {moment(startedAt)}
          </Text>
          <Text size="sm" c="dimmed">
            {sessionType === 'live' ? 'Live' : 'Practice'}, {questionsAnswered} of {totalQuestions}{' '}
            questions answered
          </Text>
        </div>
        <Group gap="sm" wrap="nowrap" style={{ flexShrink: 0 }}>
          {overallScore === undefined ? (
            <Badge variant="dot" color={color}>
              {word}
            </Badge>
          ) : (
            <ScoreRing score={overallScore} label="Overall" size={44} />
          )}
        </Group>
      </Group>
    </Link>
  );
}
