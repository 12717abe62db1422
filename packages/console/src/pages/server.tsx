import { Badge, Card, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Chart } from '../parts/chart.js';
import { Fault } from '../parts/fault.js';
import { whole } from '../parts/figures.js';
import { Heading } from '../parts/heading.js';
import { Closes } from './server/closes.js';
import { Connections } from './server/connections.js';
import { Limits } from './server/limits.js';
import { type Stats, useHistory, useStats } from './server/stats.js';

/** What the server does, for administrators: figures, connections, endings and limits. */
export default function ServerPage(): ReactNode {
  const { data: stats, error } = useStats();
  return (
    <>
      <Heading title="Server">
        {stats !== undefined && <About stats={stats} isAway={error !== null} />}
      </Heading>
      <Stack gap="md">
        <Fault error={error} />
        {stats === undefined ? (
          error === null && <Skeleton height={160} aria-label="Loading" />
        ) : (
          <>
            <Figures stats={stats} />
            <Connections applications={Object.keys(stats.connections.byApplication)} />
            <Closes closes={stats.transport.closes} />
          </>
        )}
        <Limits />
      </Stack>
    </>
  );
}

function About({
  stats: { status, version, uptimeSeconds },
  isAway,
}: {
  readonly stats: Stats;
  /** Whether it has answered no more since these. */
  readonly isAway: boolean;
}): ReactNode {
  const color = isAway ? 'gray' : status === 'ready' ? 'teal' : 'red';
  return (
    <>
      <Text size="sm" c="dimmed">
        Version {version}, up for {span(uptimeSeconds)}
      </Text>
      <Badge variant="dot" color={color} role="status" tt="none">
        {isAway ? 'no answer' : status}
      </Badge>
    </>
  );
}

/** What is now, and the line of the last minutes; rates are of the seconds since the figure before. */
function Figures({ stats }: { readonly stats: Stats }): ReactNode {
  const history = useHistory(stats);
  return (
    <SimpleGrid
      cols={{ base: 2, lg: 4 }}
      spacing={{ base: 'xs', sm: 'md' }}
      component="section"
      aria-label="Figures"
    >
      {history.map(({ title, unit, points }) => {
        const value = points.at(-1)?.[1] ?? null;
        return (
          <Card key={title} withBorder>
            <Text size="sm" fw={500}>
              {title}
            </Text>
            <Text fz={28} fw={700} lh={1.2} style={{ fontVariantNumeric: 'tabular-nums' }}>
              {value === null ? '–' : whole(value)}
            </Text>
            <Text size="xs" c="dimmed" mb={4}>
              {unit}
            </Text>
            <Chart points={points} label={`${title}, ${unit}`} />
          </Card>
        );
      })}
    </SimpleGrid>
  );
}

/** Seconds, in the two largest units that they have. */
function span(seconds: number): string {
  const [days, hours, minutes] = [86_400, 3_600, 60].map((unit) => Math.floor(seconds / unit));
  if (days) return `${days} d ${(hours ?? 0) % 24} h`;
  if (hours) return `${hours} h ${(minutes ?? 0) % 60} min`;
  return minutes ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds)} s`;
}
