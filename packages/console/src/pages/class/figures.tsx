import { Card, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import type { Metric } from '@quintet/client/analytics';
import { useApi, useMetrics } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault } from '../../parts/fault.js';
import { Chart, type Point } from '../../parts/chart.js';

/** What a class is asked about, with what the number counts. */
const METRICS = [
  { name: 'engagement', title: 'Engagement', unit: 'people active in 5 min' },
  { name: 'activity', title: 'Activity', unit: 'events a minute' },
  { name: 'performance', title: 'Performance', unit: 'mean of 15 min' },
  { name: 'online', title: 'Online', unit: 'people connected' },
] as const;

/** Points kept of what was told. */
const TOLD_MAX = 300;

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
  const told = useTold(metric);
  const stored = series.data ?? [];
  const last = stored.at(-1)?.[0] ?? 0;
  const points = [...stored, ...told.filter(([at]) => at > last)];
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

/** The stored line. */
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

/** What was told since the page is open; the stored line lags some seconds behind. */
function useTold(metric: Metric | undefined): readonly Point[] {
  const [told, setTold] = useState<readonly Point[]>([]);
  useEffect(() => {
    if (metric === undefined) return;
    const point: Point = [new Date(metric.timestamp).getTime() / 1000, metric.value ?? null];
    setTold((points) => [...points.slice(1 - TOLD_MAX), point]);
  }, [metric]);
  return told;
}

const round = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 2 : 1);
