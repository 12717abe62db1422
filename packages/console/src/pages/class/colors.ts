/** Of people; each is readable with white on it, also below a light word in the dark. */
const COLORS = [
  '#4263eb',
  '#ae3ec9',
  '#c2255c',
  '#c2410c',
  '#2b8a3e',
  '#0b7285',
  '#5f3dc4',
  '#846358',
] as const;

/**
 * A colour for each of those who are in one document: mostly the same on every page, and never the same as that of
 * somebody else as long as there are enough.
 */
export function colorsOf(userIds: readonly string[]): ReadonlyMap<string, string> {
  const colors = new Map<string, string>();
  const taken = new Set<number>();
  for (const userId of userIds) {
    const wanted = slotOf(userId);
    const free = COLORS.findIndex((_, step) => !taken.has((wanted + step) % COLORS.length));
    const slot = (wanted + Math.max(0, free)) % COLORS.length;
    taken.add(slot);
    colors.set(userId, COLORS[slot] ?? COLORS[0]);
  }
  return colors;
}

function slotOf(userId: string): number {
  let sum = 0;
  for (const character of userId) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return sum % COLORS.length;
}
