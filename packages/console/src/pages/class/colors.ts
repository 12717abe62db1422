/** Of people; each is readable with white on it. */
const COLORS = [
  '#4263eb',
  '#ae3ec9',
  '#c2255c',
  '#d9480f',
  '#2b8a3e',
  '#0b7285',
  '#5f3dc4',
  '#846358',
] as const;

/** A person's colour: the same on every page. */
export function colorOf(userId: string): string {
  let sum = 0;
  for (const character of userId) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return COLORS[sum % COLORS.length] ?? COLORS[0];
}
