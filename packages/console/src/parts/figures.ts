const WHOLE = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const SHORT = new Intl.NumberFormat(undefined, { notation: 'compact', maximumFractionDigits: 1 });

/** A number as people of that place write it, one digit behind the point at most. */
export const whole = (value: number): string => WHOLE.format(value);

/** A number for where there is little room: `1.2K`. */
export const short = (value: number): string => SHORT.format(value);

/** A time of the day, where somebody is: milliseconds since the epoch. */
export function clock(at: number, hasSeconds = false): string {
  return new Date(at).toLocaleTimeString([], { timeStyle: hasSeconds ? 'medium' : 'short' });
}
