import type { ReactNode } from 'react';

/** Half the picture's width and height, and how far its corners are from the middle. */
const CENTRE = { x: 220, y: 118 };
const RADIUS = 84;
/** How far behind its corner a name stands. */
const NAME_BEHIND = 15;

/** Scores of 100 as a shape: one corner for each, the first one on top, then with the clock. */
export function Radar({
  scores,
  label,
}: {
  readonly scores: readonly { readonly name: string; readonly score: number }[];
  readonly label: string;
}): ReactNode {
  const at = (nth: number, distance: number) => {
    const angle = (nth / scores.length) * 2 * Math.PI - Math.PI / 2;
    return [CENTRE.x + Math.cos(angle) * distance, CENTRE.y + Math.sin(angle) * distance] as const;
  };
  const shape = (distance: (score: number) => number) =>
    scores.map(({ score }, nth) => at(nth, distance(score)).map(rounded).join()).join(' ');
  const words = scores.map(({ name, score }) => `${name} ${score}`).join(', ');
  return (
    <svg
      viewBox={`0 0 ${CENTRE.x * 2} ${CENTRE.y * 2}`}
      role="img"
      aria-label={`${label}, of 100: ${words}`}
      style={{
        width: '100%',
        maxWidth: 440,
        display: 'block',
        overflow: 'visible',
        margin: '0 auto',
      }}
    >
      <g fill="none" stroke="var(--mantine-color-dimmed)" strokeOpacity={0.45}>
        {[25, 50, 75, 100].map((ring) => (
          <polygon key={ring} points={shape(() => (ring / 100) * RADIUS)} />
        ))}
        {scores.map(({ name }, nth) => {
          const [x, y] = at(nth, RADIUS);
          return <line key={name} x1={CENTRE.x} y1={CENTRE.y} x2={x} y2={y} />;
        })}
      </g>
      <polygon
        points={shape((score) => (score / 100) * RADIUS)}
        fill={SHAPE}
        fillOpacity={0.22}
        stroke={SHAPE}
        strokeWidth={2}
        strokeLinejoin="round"
      />
      {scores.map(({ name, score }, nth) => {
        const [x, y] = at(nth, (score / 100) * RADIUS);
        const [nameX, nameY] = at(nth, RADIUS + NAME_BEHIND);
        return (
          <g key={name}>
            <circle cx={x} cy={y} r={3.5} fill={SHAPE} />
            <text x={nameX} y={nameY} textAnchor={anchor(nameX)} {...NAME}>
              {name}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

/** Three to one at least against the cards of both schemes. */
const SHAPE = 'light-dark(var(--mantine-color-indigo-7), var(--mantine-color-indigo-3))';

const NAME = { fontSize: 15, dominantBaseline: 'middle', fill: 'currentColor' } as const;

/** Names beside the shape stand away from it. */
function anchor(x: number): 'start' | 'middle' | 'end' {
  if (Math.abs(x - CENTRE.x) < 1) return 'middle';
  return x > CENTRE.x ? 'start' : 'end';
}

function rounded(value: number): string {
  return value.toFixed(1);
}
