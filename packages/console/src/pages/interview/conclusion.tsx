import { Button, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import type { Summary } from '@quintet/client/interviews';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { ScoreBar, ScoreRing } from '../../parts/score.js';
import { Radar } from './radar.js';
import { anotherAbout } from './interviews.js';
import { Points } from './worth.js';

const CATEGORIES = [
  { key: 'architecture', name: 'Architecture' },
  { key: 'implementation', name: 'Implementation' },
  { key: 'tradeoffs', name: 'Trade-offs' },
  { key: 'scalability', name: 'Scalability' },
] as const;

/** How the interview went as a whole. */
export function Conclusion({
  analysisId,
  summary,
}: {
  readonly analysisId: string;
  readonly summary: Summary;
}): ReactNode {
  const { overallScore, categoryScores, questionsAnswered, averageResponseTime } = summary;
  const scores = CATEGORIES.map(({ key, name }) => ({ name, score: categoryScores[key] }));
  return (
    <Card withBorder p={{ base: 'md', sm: 'lg' }} component="section" aria-label="Summary">
      <Group gap="lg" wrap="nowrap">
        <ScoreRing score={overallScore} label="Overall" size={112} />
        <div>
          <Title order={3} size="h3">
            The interview is over
          </Title>
          <Text c="dimmed">
            {questionsAnswered} {questionsAnswered === 1 ? 'question' : 'questions'} answered, each
            answer in {averageResponseTime} on average.
          </Text>
        </div>
      </Group>
      <SimpleGrid cols={{ base: 1, sm: 2 }} mt="lg" spacing="xl" style={{ alignItems: 'center' }}>
        <Radar scores={scores} label="Scores by category" />
        <Stack gap="sm">
          {scores.map(({ name, score }) => (
            <ScoreBar key={name} label={name} score={score} />
          ))}
        </Stack>
      </SimpleGrid>
      <Stack mt="lg" gap="md">
        <Points title="What went well" points={summary.keyStrengths} kind="good" />
        <Points title="What went less well" points={summary.keyWeaknesses} kind="bad" />
        <Points title="What to work on" points={summary.improvementAreas} kind="missing" />
      </Stack>
      <Group mt="xl">
        <Button component={Link} href={anotherAbout(analysisId)}>
          Another interview
        </Button>
        <Button
          component={Link}
          href={`/analyses/${encodeURIComponent(analysisId)}`}
          variant="default"
        >
          To the analysis
        </Button>
      </Group>
    </Card>
  );
}
