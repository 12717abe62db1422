import 'uplot/dist/uPlot.min.css';
import { useComputedColorScheme } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import UPlot from 'uplot';

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
  const scheme = useComputedColorScheme('light');
  useEffect(() => {
    const { current } = box;
    if (current === null) return undefined;
    const made = new UPlot(options(current.clientWidth, scheme === 'dark'), [[], []], current);
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
  const words = `${label}: ${last === undefined ? 'nothing yet' : `${last} now`}`;
  return <div ref={box} role="img" aria-label={words} style={{ minHeight: HEIGHT }} />;
}

function options(width: number, isDark: boolean): UPlot.Options {
  const [line, grid, words] = isDark
    ? ['#748ffc', 'rgba(255,255,255,.08)', '#a6a7ab']
    : ['#4263eb', 'rgba(0,0,0,.06)', '#5c5f66'];
  const axis = { stroke: words, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: {
      // Two minutes at least, so that a line that begins is no dot in the middle of years.
      x: { range: (_, low, high) => [Math.min(low ?? 0, (high ?? 0) - SPAN_MIN), high ?? 0] },
      y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, high ?? 1) * 1.1] },
    },
    axes: [
      { ...axis, size: 22, font: '10px system-ui' },
      { ...axis, size: 32, font: '10px system-ui' },
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
