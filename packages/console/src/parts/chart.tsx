import 'uplot/dist/uPlot.min.css';
import { Text, useComputedColorScheme } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import UPlot from 'uplot';
import { clock, short, whole } from './figures.js';

/** A time in seconds since the epoch, and what the value was then. */
export type Point = readonly [at: number, value: number | null];

const HEIGHT = 110;
/** What the line shows at least: seconds. */
const SPAN_MIN = 120;

/** A line over time. Its words are the label and the newest value; the numbers stand beside it. */
export function Chart({
  points,
  label,
}: {
  readonly points: readonly Point[];
  readonly label: string;
}): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const [looked, setLooked] = useState<Point>();
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const look = ({ cursor: { idx }, data: [times, values] }: UPlot) => {
      const at = idx == null ? undefined : times[idx];
      setLooked(at === undefined ? undefined : [at, values?.[idx ?? 0] ?? null]);
    };
    const made = new UPlot(options(current.clientWidth, scheme === 'dark', look), NOTHING, current);
    plot.current = made;
    const watch = new ResizeObserver(() => {
      made.setSize({ width: current.clientWidth, height: HEIGHT });
    });
    watch.observe(current);
    return () => {
      watch.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [scheme]);
  useEffect(() => {
    plot.current?.setData([points.map(([at]) => at), points.map(([, value]) => value)]);
  }, [points, scheme]);
  const last = points.at(-1)?.[1] ?? undefined;
  const words = `${label}: ${last === undefined ? 'nothing yet' : `${whole(last)} now`}`;
  return (
    <div style={{ position: 'relative' }}>
      <div ref={box} role="img" aria-label={words} style={{ minHeight: HEIGHT }} />
      <Looked point={looked} isEmpty={last === undefined} />
    </div>
  );
}

/** What stands under the pointer, or why there is no line. */
function Looked({
  point,
  isEmpty,
}: {
  readonly point: Point | undefined;
  readonly isEmpty: boolean;
}): ReactNode {
  const value = point?.[1] ?? null;
  if (value === null && !isEmpty) return null;
  return (
    <Text
      size="xs"
      c="dimmed"
      aria-hidden
      style={{ position: 'absolute', top: -2, insetInlineEnd: 0, pointerEvents: 'none' }}
    >
      {point === undefined || value === null
        ? 'nothing yet'
        : `${clock(point[0] * 1000, true)}: ${whole(value)}`}
    </Text>
  );
}

const NOTHING: UPlot.AlignedData = [[], []];

function options(width: number, isDark: boolean, look: (plot: UPlot) => void): UPlot.Options {
  const [line, grid, words] = isDark
    ? ['#748ffc', 'rgba(255,255,255,.08)', '#a9abb0']
    : ['#4263eb', 'rgba(0,0,0,.06)', '#5c636b'];
  const axis = { stroke: words, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const font = '10px system-ui';
  return {
    width,
    height: HEIGHT,
    // On the right the last time has room.
    padding: [10, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    hooks: { setCursor: [look] },
    scales: {
      // Two minutes at least, so that a line that begins is no dot in the middle of years.
      x: { range: (_, low, high) => [Math.min(low ?? 0, (high ?? 0) - SPAN_MIN), high ?? 0] },
      y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, high ?? 1) * 1.1] },
    },
    axes: [
      { ...axis, font, size: 22, space: 64, values: (_, times) => times.map(timeOf) },
      { ...axis, font, size: 36, space: 28, values: (_, values) => values.map(short) },
    ],
    series: [
      {},
      {
        stroke: line,
        width: 2,
        fill: isDark ? 'rgba(116,143,252,.14)' : 'rgba(66,99,235,.10)',
        points: { show: false },
        spanGaps: true,
      },
    ],
  };
}

/** Whole minutes as such: the seconds stand where there are some. */
const timeOf = (seconds: number): string => clock(seconds * 1000, seconds % 60 !== 0);
