import { Group, Progress, RingProgress, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** Scores from which on something is good, and from which on it is middling, of 100. */
const GOOD = 75;
const MIDDLING = 50;

/** The colour of a score; the number always stands beside it. */
export function colorOf(score: number): string {
  const name = score >= GOOD ? 'teal' : score >= MIDDLING ? 'orange' : 'red';
  return `light-dark(var(--mantine-color-${name}-8), var(--mantine-color-${name}-5))`;
}

/** A score of 100 as a ring. */
export function ScoreRing({
  score,
  label,
  size = 92,
}: {
  readonly score: number;
  readonly label: string;
  readonly size?: number;
}): ReactNode {
  return (
    <RingProgress
      role="img"
      aria-label={`${label}: ${score} of 100`}
      size={size}
      thickness={Math.max(3, Math.round(size / 11))}
      // With round ends nothing at all would be a dot.
      roundCaps={score > 0}
      sections={[{ value: score, color: colorOf(score) }]}
      label={
        <Text ta="center" fw={700} fz={size / 3.6} lh={1}>
          {score}
        </Text>
      }
    />
  );
}

/** A score of 100 as a bar, with its name and number. */
export function ScoreBar({
  score,
  label,
}: {
  readonly score: number;
  readonly label: string;
}): ReactNode {
  return (
    <div>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm">{label}</Text>
        <Text size="sm" fw={600} style={{ fontVariantNumeric: 'tabular-nums' }}>
          {score}
        </Text>
      </Group>
      <Progress value={score} color={colorOf(score)} size="sm" mt={2} aria-label={label} />
    </div>
  );
}
