/** The prices of a deal, oldest first: those that were read, and those that were told since. */
export interface Line {
  /** None while they are being read. */
  readonly read: readonly number[] | undefined;
  readonly told: readonly number[];
}

/** Prices of a line; past it the oldest go. */
export const PRICES_MAX = 30;

/** A line that was read, or is being read, and ends with the price that the deal has now; the same one if it does. */
export function continued(line: Line, read: readonly number[] | undefined, price: number): Line {
  // What was told before it was read is in what was read.
  const told = read === line.read ? line.told : behind(line.told, read?.at(-1));
  if ((told.at(-1) ?? read?.at(-1)) !== price) {
    return { read, told: [...told, price].slice(-PRICES_MAX) };
  }
  return read === line.read ? line : { read, told };
}

function behind(told: readonly number[], price: number | undefined): readonly number[] {
  const at = price === undefined ? -1 : told.lastIndexOf(price);
  return price === undefined ? told : at === -1 ? [] : told.slice(at + 1);
}

/** All of a line. */
export const pricesOf = ({ read = [], told }: Line): readonly number[] =>
  [...read, ...told].slice(-PRICES_MAX);
