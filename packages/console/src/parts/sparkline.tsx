import type { ReactNode } from 'react';

/** A small line of values in their order, oldest first; the words say what the line shows. */
export function Sparkline({
  values,
  label,
  width = 96,
  height = 24,
}: {
  readonly values: readonly number[];
  readonly label: string;
  readonly width?: number;
  readonly height?: number;
}): ReactNode {
  if (values.length < 2) return null;
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (at: number) => 2 + (at / (values.length - 1)) * (width - 4);
  const y = (value: number) =>
    high === low ? height / 2 : height - 3 - ((value - low) / (high - low)) * (height - 6);
  const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  const last = values.at(-1) ?? 0;
  const isDown = last <= (values[0] ?? 0);
  const color = isDown ? 'var(--mantine-color-teal-6)' : 'var(--mantine-color-red-6)';
  return (
    <svg width={width} height={height} role="img" aria-label={label}>
      <polyline points={points.join(' ')} fill="none" stroke={color} strokeWidth={1.6} />
      <circle cx={x(values.length - 1)} cy={y(last)} r={2.2} fill={color} />
    </svg>
  );
}
