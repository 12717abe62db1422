import { Avatar } from '@mantine/core';
import type { ReactNode } from 'react';

/** As Mantine's avatars have them. */
const COLORS = [
  'blue',
  'cyan',
  'grape',
  'green',
  'indigo',
  'lime',
  'orange',
  'pink',
  'red',
  'teal',
  'violet',
];

/** Mantine's avatar of somebody's initials, for lists in which hundreds a second appear; their name stands beside it. */
export function Initials({ name }: { readonly name: string }): ReactNode {
  const color = `var(--mantine-color-${COLORS[Math.abs(hash(name)) % COLORS.length]}-light`;
  const { root, placeholder } = Avatar.classes;
  const look = {
    '--avatar-size': '32px',
    '--avatar-bg': `${color})`,
    '--avatar-color': `${color}-color)`,
  };
  return (
    <div className={`mantine-Avatar-root ${root}`} style={look as object} aria-hidden>
      <span className={`mantine-Avatar-placeholder ${placeholder}`}>{initials(name)}</span>
    </div>
  );
}

function hash(name: string): number {
  let sum = 0;
  for (let at = 0; at < name.length; at += 1) sum = ((sum << 5) - sum + name.charCodeAt(at)) | 0;
  return sum;
}

function initials(name: string): string {
  const [first = '', ...others] = name.split(' ');
  const letters =
    others.length === 0 ? first.slice(0, 2) : `${first[0] ?? ''}${others[0]?.[0] ?? ''}`;
  return letters.toUpperCase();
}
