const formats = new Map<string, Intl.NumberFormat>();
/** Currencies whose formats are kept; what makes up more is no shop. */
const FORMATS_MAX = 200;

/** An amount as it is written where the reader is. */
export function money(amount: number, currency: string): string {
  try {
    return formatOf(currency).format(amount);
  } catch {
    // Not every three letters are a currency.
    return `${amount.toFixed(2)} ${currency}`;
  }
}

function formatOf(currency: string): Intl.NumberFormat {
  const known = formats.get(currency);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat([], { style: 'currency', currency });
  if (formats.size >= FORMATS_MAX) formats.clear();
  formats.set(currency, made);
  return made;
}

const PERCENT = new Intl.NumberFormat([], { style: 'percent', maximumFractionDigits: 0 });

/** A part of 100, as it is written where the reader is. */
export function percent(value: number): string {
  return PERCENT.format(value / 100);
}
