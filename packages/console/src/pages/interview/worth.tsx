import { List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import type { Evaluation } from '@quintet/client/interviews';
import type { ReactNode } from 'react';
import { CitedText } from '../../parts/cited.js';
import { Unfold } from '../../parts/unfold.js';

/** What an answer was worth: what to take from it, point by point. */
export function Worth({ evaluation }: { readonly evaluation: Evaluation }): ReactNode {
  const { feedback, strengths, weaknesses, missingPoints, exampleAnswer } = evaluation;
  return (
    <Stack gap="md" mt="md">
      <Text component="div">
        <CitedText text={feedback} />
      </Text>
      <Points title="Strengths" points={strengths} kind="good" />
      <Points title="Weaknesses" points={weaknesses} kind="bad" />
      <Points title="What was missing" points={missingPoints} kind="missing" />
      {exampleAnswer != null && (
        <Unfold label="An example of a good answer">
          <Text size="sm" component="div" className="said">
            <CitedText text={exampleAnswer} />
          </Text>
        </Unfold>
      )}
    </Stack>
  );
}

const LOOK = {
  good: { icon: IconCircleCheck, color: 'teal' },
  bad: { icon: IconAlertTriangle, color: 'orange' },
  missing: { icon: IconCircleDashed, color: 'gray' },
} as const;

/** A list of points under its name; nothing where there are none. */
export function Points({
  title,
  points,
  kind,
}: {
  readonly title: string;
  readonly points: readonly string[];
  readonly kind: keyof typeof LOOK;
}): ReactNode {
  if (points.length === 0) return null;
  const { icon: Icon, color } = LOOK[kind];
  const shade = `light-dark(var(--mantine-color-${color}-8), var(--mantine-color-${color}-5))`;
  return (
    <div>
      <Text size="sm" fw={600} mb={4}>
        {title}
      </Text>
      <List
        size="sm"
        spacing={6}
        center={false}
        icon={<Icon size={18} stroke={1.8} color={shade} aria-hidden />}
        styles={{ itemWrapper: { alignItems: 'flex-start' }, itemLabel: { minWidth: 0 } }}
      >
        {points.map((point) => (
          <List.Item key={point}>
            <CitedText text={point} />
          </List.Item>
        ))}
      </List>
    </div>
  );
}
