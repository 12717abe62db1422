import { Badge, Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { CitedText, Cites } from '../../parts/cited.js';
import { ScoreBar, ScoreRing } from '../../parts/score.js';
import { Unfold } from '../../parts/unfold.js';
import type { ProjectReview } from './answers.js';

/** The first stage: scores to look at, what is good, and what to do better. */
export function Review({ review }: { readonly review: ProjectReview }): ReactNode {
  const { codeQuality, architectureClarity, employabilitySignal } = review;
  return (
    <Stack gap="xl">
      <SimpleGrid cols={{ base: 1, md: 3 }}>
        <Score title="Code quality" {...codeQuality} of={CODE}>
          <ScoreBar label="Readability" score={codeQuality.readability} />
          <ScoreBar label="Maintainability" score={codeQuality.maintainability} />
          <ScoreBar label="Good practice" score={codeQuality.bestPractices} />
        </Score>
        <Score title="Architecture" {...architectureClarity} of={ARCHITECTURE}>
          <ScoreBar label="Components" score={architectureClarity.componentOrganization} />
          <ScoreBar label="Separate concerns" score={architectureClarity.separationOfConcerns} />
        </Score>
        <Score title="Employability" {...employabilitySignal} of={EMPLOYER}>
          <ScoreBar label="Ready for production" score={employabilitySignal.productionReadiness} />
        </Score>
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="xl" verticalSpacing="xl">
        <Strengths strengths={review.strengths} />
        <Improvements areas={review.improvementAreas} />
      </SimpleGrid>
    </Stack>
  );
}

const CODE = 'How the code reads, and how safely it can be changed';
const ARCHITECTURE = 'How clear its parts are';
const EMPLOYER = 'What an employer sees';

function Score({
  title,
  of,
  score,
  justification,
  children,
}: {
  readonly title: string;
  readonly of: string;
  readonly score: number;
  readonly justification?: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <Card withBorder component="section" aria-label={title}>
      <Group wrap="nowrap" gap="md" mb="sm">
        <ScoreRing score={score} label={title} />
        <div>
          <Title order={3} size="h5">
            {title}
          </Title>
          <Text size="sm" c="dimmed">
            {of}
          </Text>
        </div>
      </Group>
      <Stack gap="xs">{children}</Stack>
      {justification !== undefined && (
        <Unfold label="Why these scores">
          <Text size="sm" component="div">
            <CitedText text={justification} />
          </Text>
        </Unfold>
      )}
    </Card>
  );
}

function Strengths({ strengths }: Pick<ProjectReview, 'strengths'>): ReactNode {
  return (
    <section>
      <Title order={3} size="h4" mb="sm">
        Strengths
      </Title>
      {strengths.length === 0 && <Text c="dimmed">None that could be shown in the code.</Text>}
      <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
        {strengths.map(({ pattern, description, fileReferences }) => (
          <Card key={pattern} component="li" withBorder>
            <Group gap={8} wrap="nowrap" align="flex-start">
              <IconCircleCheck
                size={20}
                stroke={1.8}
                color="light-dark(var(--mantine-color-teal-8), var(--mantine-color-teal-5))"
                style={{ flexShrink: 0, marginTop: 1 }}
                aria-hidden
              />
              <div style={{ minWidth: 0 }}>
                <Text fw={600}>{pattern}</Text>
                <Text size="sm" component="div">
                  <CitedText text={description} />
                </Text>
                <Cites references={fileReferences} texts={[description]} />
              </div>
            </Group>
          </Card>
        ))}
      </Stack>
    </section>
  );
}

const PRIORITY = { high: 'red', medium: 'orange', low: 'indigo' } as const;

function Improvements({ areas }: { readonly areas: ProjectReview['improvementAreas'] }): ReactNode {
  return (
    <section>
      <Title order={3} size="h4" mb="sm">
        What to do better
      </Title>
      {areas.length === 0 && <Text c="dimmed">Nothing was found.</Text>}
      <Stack gap="sm" component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
        {areas.map(({ issue, priority, actionableSuggestion, fileReferences }) => (
          <Card key={issue} component="li" withBorder>
            <Group justify="space-between" wrap="nowrap" align="flex-start" gap="sm">
              <Text fw={600} component="div">
                <CitedText text={issue} />
              </Text>
              <Badge
                variant="dot"
                color={PRIORITY[priority]}
                style={{ flexShrink: 0 }}
                aria-label={`Priority: ${priority}`}
              >
                {priority}
              </Badge>
            </Group>
            <Text size="sm" component="div" mt={4}>
              <CitedText text={actionableSuggestion} />
            </Text>
            <Cites references={fileReferences} texts={[issue, actionableSuggestion]} />
          </Card>
        ))}
      </Stack>
    </section>
  );
}
