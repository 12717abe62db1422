import { Box, Card, Group, SimpleGrid, Text } from '@mantine/core';
import type { Metric } from '@quintet/client/analytics';
import { useApi, useMetrics } from '@quintet/react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo, useState } from 'react';
import { Chart, type Point } from '../../parts/chart.js';
import { ConnectionBadge } from '../../parts/connection.js';
import { Fault } from '../../parts/fault.js';
import { whole } from '../../parts/figures.js';
import { type Rolling, type Step, rolled } from './series.js';

/** What a class is asked about, with what the number counts, and how its past is read. */
interface Asked {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  /** How much of the past is shown, by which steps of the stored series: seconds. Nothing where it cannot be had. */
  readonly past?: {
    readonly span: number;
    readonly step: 1 | 60;
    /** How the steps in a window make one value; without it a step's value is the metric's. */
    readonly rolling?: { readonly how: Rolling; readonly window: number };
  };
}

const METRICS: readonly Asked[] = [
  // Who was there in each second does not say how many different people they were.
  { name: 'engagement', title: 'Engagement', unit: 'people active in 5 min' },
  {
    name: 'activity',
    title: 'Activity',
    unit: 'events a minute',
    past: { span: 600, step: 1, rolling: { how: 'count', window: 60 } },
  },
  {
    name: 'performance',
    title: 'Performance',
    unit: 'mean of 15 min',
    past: { span: 1_800, step: 60, rolling: { how: 'mean', window: 900 } },
  },
  { name: 'online', title: 'Online', unit: 'people connected', past: { span: 600, step: 1 } },
];

/** Points kept of what was told. */
const TOLD_MAX = 600;
/** A line goes on to now so often, while nothing new is told: milliseconds. */
const EVERY = 2_000;

const NAMES = METRICS.map(({ name }) => name);

/** The live figures of a context, each with the last minutes as a line. */
export function Figures({ contextId }: { readonly contextId: string }): ReactNode {
  const { metrics, error, connection } = useMetrics(contextId, NAMES);
  const now = useNow(connection.status === 'subscribed');
  return (
    <Card withBorder component="section" aria-label="Figures" h="100%">
      <Group justify="space-between" mb="md" mih={30}>
        <Text fw={650} component="h3" m={0}>
          Figures
        </Text>
        <ConnectionBadge state={connection} />
      </Group>
      <Fault error={error} />
      <SimpleGrid cols={2} spacing="lg" verticalSpacing="lg">
        {METRICS.map((asked) => (
          <Figure
            key={asked.name}
            contextId={contextId}
            asked={asked}
            metric={metrics.get(asked.name)}
            now={now}
          />
        ))}
      </SimpleGrid>
    </Card>
  );
}

function Figure({
  contextId,
  asked,
  metric,
  now,
}: {
  readonly contextId: string;
  readonly asked: Asked;
  readonly metric: Metric | undefined;
  readonly now: number;
}): ReactNode {
  const { title, unit } = asked;
  const past = usePast(contextId, asked).data;
  const told = useTold(contextId, asked.name, metric);
  const value = metric?.value ?? null;
  const points = useMemo(() => line(past ?? [], told, value, now), [past, told, value, now]);
  return (
    <Box style={{ minWidth: 0 }}>
      <Text size="sm" fw={500}>
        {title}
      </Text>
      <Text fz={30} fw={700} lh={1.2} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {value === null ? '–' : whole(value)}
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        {unit}
      </Text>
      <Chart points={points} label={`${title}, ${unit}`} isStepped />
    </Box>
  );
}

/** What was stored, what was told behind it, and the value that holds until now. */
function line(
  past: readonly Point[],
  told: readonly Point[],
  value: number | null,
  now: number,
): readonly Point[] {
  const begin = told[0]?.[0] ?? now;
  const last = told.at(-1)?.[0] ?? 0;
  const held: readonly Point[] = value === null || now <= last ? [] : [[now, value]];
  return [...past.filter(([at]) => at < begin), ...told, ...held];
}

/** The line as it was before the page was open. */
function usePast(contextId: string, { name, past }: Asked) {
  const api = useApi();
  const path = `/api/analytics/${encodeURIComponent(contextId)}/${encodeURIComponent(name)}`;
  return useQuery({
    queryKey: ['series', contextId, name],
    enabled: past !== undefined,
    // What comes later is told.
    staleTime: Infinity,
    gcTime: 0,
    queryFn: async (): Promise<readonly Point[]> => {
      if (past === undefined) return [];
      const { span, step, rolling } = past;
      const to = Math.floor(Date.now() / 1000 / step) * step;
      const from = to - span;
      const { items } = await api.get<{ items: readonly (Step & { at: string })[] }>(path, {
        from: new Date((from - (rolling?.window ?? 0)) * 1000).toISOString(),
        step: step === 1 ? '1s' : '1m',
      });
      const steps = items.map((item) => ({ ...item, at: new Date(item.at).getTime() / 1000 }));
      if (rolling === undefined) return steps.map(({ at, value }): Point => [at, value]);
      return rolled(steps, rolling.how, { window: rolling.window, step, from, to });
    },
  });
}

/** What was told since the page is open; kept while somebody looks at another page for a moment. */
function useTold(contextId: string, name: string, metric: Metric | undefined): readonly Point[] {
  const queries = useQueryClient();
  const key = useMemo(() => ['told', contextId, name], [contextId, name]);
  const [told, setTold] = useState(() => queries.getQueryData<readonly Point[]>(key) ?? []);
  useEffect(() => {
    if (metric === undefined) return;
    const point: Point = [new Date(metric.timestamp).getTime() / 1000, metric.value ?? null];
    const before = queries.getQueryData<readonly Point[]>(key) ?? [];
    if ((before.at(-1)?.[0] ?? 0) >= point[0]) return;
    const next = [...before.slice(1 - TOLD_MAX), point];
    queries.setQueryData(key, next);
    setTold(next);
  }, [queries, key, metric]);
  return told;
}

/** The time in seconds, which goes on while `isRunning`. */
function useNow(isRunning: boolean): number {
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNow(Date.now() / 1000), EVERY);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}
