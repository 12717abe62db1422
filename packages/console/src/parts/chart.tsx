import 'uplot/dist/uPlot.min.css';
import { Center, Text, useComputedColorScheme } from '@mantine/core';
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
  isStepped = false,
}: {
  readonly points: readonly Point[];
  readonly label: string;
  /** Whether a value holds until the next one, as of what is told only when it changes. */
  readonly isStepped?: boolean;
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
    const shape = options(current.clientWidth, scheme === 'dark', isStepped);
    const made = new UPlot({ ...shape, hooks: { setCursor: [look] } }, NOTHING, current);
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
  }, [scheme, isStepped]);
  useEffect(() => {
    plot.current?.setData([points.map(([at]) => at), points.map(([, value]) => value)]);
  }, [points, scheme, isStepped]);
  const last = points.at(-1)?.[1] ?? undefined;
  const words = `${label}: ${last === undefined ? 'nothing yet' : `${whole(last)} now`}`;
  return (
    <div role="img" aria-label={words} style={{ position: 'relative' }}>
      <div
        ref={box}
        style={{ minHeight: HEIGHT, visibility: last === undefined ? 'hidden' : 'visible' }}
      />
      {last === undefined ? <Empty /> : <Looked point={looked} />}
    </div>
  );
}

/** Where there is no line yet. */
function Empty(): ReactNode {
  return (
    <Center pos="absolute" inset={0} className="no-line" aria-hidden>
      <Text size="xs" c="dimmed">
        Nothing yet
      </Text>
    </Center>
  );
}

/** What stands under the pointer. */
function Looked({ point }: { readonly point: Point | undefined }): ReactNode {
  const value = point?.[1] ?? null;
  if (point === undefined || value === null) return null;
  return (
    <Text
      size="xs"
      c="dimmed"
      aria-hidden
      style={{ position: 'absolute', top: -4, insetInlineEnd: 0, pointerEvents: 'none' }}
    >
      {clock(point[0] * 1000, true)}: {whole(value)}
    </Text>
  );
}

/** Distances of lines across, which are whole numbers. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((zeros) =>
  [1, 2, 5].map((digit) => digit * 10 ** zeros),
);

const NOTHING: UPlot.AlignedData = [[], []];

function options(width: number, isDark: boolean, isStepped: boolean): UPlot.Options {
  const [line, grid, words] = isDark
    ? ['#748ffc', 'rgba(255,255,255,.08)', '#a9abb0']
    : ['#4263eb', 'rgba(0,0,0,.06)', '#5c636b'];
  const axis = { stroke: words, grid: { stroke: grid, width: 1 }, ticks: { show: false } };
  const font = '10px system-ui';
  const paths = isStepped ? UPlot.paths.stepped?.({ align: 1 }) : undefined;
  return {
    width,
    height: HEIGHT,
    // On the right the last time has room.
    padding: [10, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      // Two minutes at least, so that a line that begins is no dot in the middle of years.
      x: { range: (_, low, high) => span(low ?? undefined, high ?? Date.now() / 1000) },
      y: { range: (_, low, high) => [Math.min(0, low ?? 0), Math.max(1, high ?? 1) * 1.1] },
    },
    axes: [
      { ...axis, font, size: 22, space: 64, values: (_, times) => times.map(timeOf) },
      {
        ...axis,
        font,
        size: 36,
        space: 28,
        values: (_, values) => values.map(short),
        // There is no half of a person.
        ...(isStepped && { incrs: WHOLE }),
      },
    ],
    series: [
      {},
      {
        stroke: line,
        width: 2,
        fill: isDark ? 'rgba(116,143,252,.14)' : 'rgba(66,99,235,.10)',
        points: { show: false },
        spanGaps: true,
        ...(paths && { paths }),
      },
    ],
  };
}

const span = (low: number | undefined, high: number): [number, number] => [
  Math.min(low ?? high, high - SPAN_MIN),
  high,
];

/** Whole minutes as such: the seconds stand where there are some. */
const timeOf = (seconds: number): string => clock(seconds * 1000, seconds % 60 !== 0);
