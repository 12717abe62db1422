import { Card, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import type { Metric } from '@quintet/client/analytics';
import { useApi, useMetrics } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault } from '../../parts/fault.js';
import { Chart, type Point } from './chart.js';

/** What a class is asked about, with what the number counts. */
const METRICS = [
  { name: 'engagement', title: 'Engagement', unit: 'people active in 5 min' },
  { name: 'activity', title: 'Activity', unit: 'events a minute' },
  { name: 'performance', title: 'Performance', unit: 'mean of 15 min' },
  { name: 'online', title: 'Online', unit: 'people connected' },
] as const;

const NAMES = METRICS.map(({ name }) => name);

/** The live figures of a context, each with the last minutes as a line. */
export function Figures({ contextId }: { readonly contextId: string }): ReactNode {
  const { metrics, error, connection } = useMetrics(contextId, NAMES);
  return (
    <Card withBorder component="section" aria-label="Figures">
      <Group justify="space-between" mb="sm">
        <Text fw={650}>Figures</Text>
        <ConnectionBadge state={connection} />
      </Group>
      <Fault error={error} />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md">
        {METRICS.map(({ name, title, unit }) => (
          <Figure
            key={name}
            contextId={contextId}
            name={name}
            title={title}
            unit={unit}
            metric={metrics.get(name)}
          />
        ))}
      </SimpleGrid>
    </Card>
  );
}

function Figure({
  contextId,
  name,
  title,
  unit,
  metric,
}: {
  readonly contextId: string;
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly metric: Metric | undefined;
}): ReactNode {
  const series = useSeries(contextId, name);
  const points = withNewest(series.data ?? [], metric);
  const value = metric?.value ?? null;
  return (
    <Stack gap={2}>
      <Text size="sm" c="dimmed">
        {title}
      </Text>
      <Text fz={30} fw={700} lh={1.1} aria-live="polite">
        {value === null ? '–' : round(value)}
      </Text>
      <Text size="xs" c="dimmed">
        {unit}
      </Text>
      <Chart points={points} label={`${title}, ${unit}`} />
    </Stack>
  );
}

/** The stored line; what is told since is put behind it. */
function useSeries(contextId: string, metric: string) {
  const api = useApi();
  const path = `/api/analytics/${encodeURIComponent(contextId)}/${encodeURIComponent(metric)}`;
  return useQuery({
    queryKey: ['series', contextId, metric],
    queryFn: async () => {
      const page = await api.get<{ items: { at: string; value: number | null }[] }>(path, {
        step: '1s',
        limit: 200,
      });
      return page.items.map(({ at, value }): Point => [new Date(at).getTime() / 1000, value]);
    },
    refetchInterval: 15_000,
  });
}

function withNewest(points: readonly Point[], metric: Metric | undefined): Point[] {
  const value = metric?.value ?? null;
  const last = points.at(-1);
  const at = Date.now() / 1000;
  if (metric === undefined || (last !== undefined && last[0] >= at)) return [...points];
  return [...points, [at, value]];
}

const round = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
