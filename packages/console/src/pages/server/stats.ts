import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { Point } from '../../parts/chart.js';

/** What this page reads of `GET /api/stats`. Counts are since the server's start. */
export interface Stats {
  readonly version: string;
  readonly uptimeSeconds: number;
  /** `ready`, or why it is not. */
  readonly status: string;
  readonly connections: {
    readonly total: number;
    readonly byApplication: Readonly<Record<string, number>>;
  };
  readonly rooms: number;
  readonly transport: {
    readonly messagesIn: number;
    readonly deliveries: number;
    readonly closes: readonly Close[];
  };
}

/** How many connections of an application ended with a code, and a reason of the server's or an empty one. */
export interface Close {
  readonly application: string;
  readonly code: number;
  readonly reason: string;
  readonly count: number;
}

/** A figure with its line. */
export interface Line {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly Point[];
}

/** The page reads anew after so many milliseconds; not while its tab is hidden. */
export const EVERY = 2_000;
/** Points of a line: twenty minutes. */
const POINTS_MAX = 600;

/** The server's figures, live while somebody looks. */
export function useStats() {
  const api = useApi();
  return useQuery({
    queryKey: ['stats'],
    queryFn: () => api.get<Stats>('/api/stats'),
    refetchInterval: EVERY,
    refetchIntervalInBackground: false,
  });
}

interface Sample {
  /** Seconds since the epoch. */
  readonly at: number;
  readonly stats: Stats;
}

/** The lines since the page is open. */
export function useHistory(stats: Stats): readonly Line[] {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const last = useRef<Stats>(undefined);
  useEffect(() => {
    // In development React runs an effect twice.
    if (last.current === stats) return;
    last.current = stats;
    setSamples((before) => [...before.slice(1 - POINTS_MAX), { at: Date.now() / 1000, stats }]);
  }, [stats]);
  const level = (read: (stats: Stats) => number) =>
    samples.map((sample): Point => [sample.at, read(sample.stats)]);
  const rate = (read: (stats: Stats) => number) =>
    samples.map((sample, nth): Point => [sample.at, perSecond(samples[nth - 1], sample, read)]);
  return [
    { title: 'Connections', unit: 'open now', points: level((it) => it.connections.total) },
    { title: 'Rooms', unit: 'with somebody in them', points: level((it) => it.rooms) },
    { title: 'Messages', unit: 'received a second', points: rate((it) => it.transport.messagesIn) },
    { title: 'Deliveries', unit: 'sent a second', points: rate((it) => it.transport.deliveries) },
  ];
}

/** None for the first sample, and over a restart, where counts begin anew. */
function perSecond(
  before: Sample | undefined,
  { at, stats }: Sample,
  read: (stats: Stats) => number,
): number | null {
  if (before === undefined || at <= before.at) return null;
  const grown = read(stats) - read(before.stats);
  return grown < 0 ? null : grown / (at - before.at);
}
