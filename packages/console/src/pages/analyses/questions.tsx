import { Badge, Card, Group, List, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { CitedText, Cites } from '../../parts/cited.js';
import { Unfold } from '../../parts/unfold.js';
import type { SimulatedQuestion } from './answers.js';

/** The third stage: what an interviewer would ask, with what a good answer says once one was held. */
export function Questions({
  questions,
}: {
  readonly questions: readonly SimulatedQuestion[];
}): ReactNode {
  return (
    <Stack gap="sm" component="ol" p={0} m={0} style={{ listStyle: 'none' }}>
      {questions.map((question, nth) => (
        <Card key={question.questionId} component="li" withBorder>
          <Group gap="xs" mb={6}>
            <Text size="sm" c="dimmed" fw={600}>
              {nth + 1}
            </Text>
            <Kind category={question.category} difficulty={question.difficulty} />
          </Group>
          <Text component="div" style={{ overflowWrap: 'anywhere' }}>
            <CitedText text={question.question} />
          </Text>
          <Cites references={question.fileReferences} texts={[question.question]} />
          {question.keyPoints !== undefined && question.keyPoints.length > 0 && (
            <Unfold label="What a good answer says">
              <List size="sm" spacing={4}>
                {question.keyPoints.map((point) => (
                  <List.Item key={point}>
                    <CitedText text={point} />
                  </List.Item>
                ))}
              </List>
            </Unfold>
          )}
        </Card>
      ))}
    </Stack>
  );
}

/** What a question is about, and whom it is for. */
export function Kind({
  category,
  difficulty,
}: {
  readonly category?: string | undefined;
  readonly difficulty?: string | undefined;
}): ReactNode {
  return (
    <>
      {category !== undefined && (
        <Badge variant="light" tt="none">
          {category === 'tradeoffs' ? 'trade-offs' : category}
        </Badge>
      )}
      {difficulty !== undefined && (
        <Badge variant="light" color="gray" tt="none">
          {difficulty}
        </Badge>
      )}
    </>
  );
}
