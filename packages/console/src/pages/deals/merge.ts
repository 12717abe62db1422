import type { Deal, Filters } from '@quintet/client/deals';

/** A deal of the board: read, or told of since. */
export type Shown = Omit<Deal, 'event' | 'subscriptionIds' | 'updatedAt'> & {
  readonly updatedAt: string | number;
  /** Whether it was told of since the page is open. */
  readonly isNew?: boolean;
};

/** Over the WebSocket times are seconds, over HTTP ISO 8601; here they are milliseconds. */
export const timeOf = ({ updatedAt }: Pick<Shown, 'updatedAt'>): number =>
  typeof updatedAt === 'number' ? updatedAt * 1000 : new Date(updatedAt).getTime();

/** What was read. */
export interface Known {
  readonly items: readonly Shown[];
  /** What was told before that and has been removed since, while nobody told of it. */
  readonly gone: ReadonlySet<Deal>;
  /** Whether there are older ones that were not read. */
  readonly isPart: boolean;
}

export const NOTHING_READ: Known = { items: [], gone: new Set(), isPart: false };

/** Of deals that were told, those that are not among all that there are. */
export function goneOf(told: ReadonlyMap<string, Deal>, all: readonly Shown[]): ReadonlySet<Deal> {
  const ids = new Set(all.map(({ dealId }) => dealId));
  return new Set([...told.values()].filter(({ dealId }) => !ids.has(dealId)));
}

/** What was read, with what was told since in its place; of what was told, what meets the wishes. */
export function merged(
  { items, gone }: Pick<Known, 'items' | 'gone'>,
  told: ReadonlyMap<string, Deal>,
  filters: Filters,
): Shown[] {
  const all = new Map<string, Shown>(items.map((deal) => [deal.dealId, deal]));
  for (const deal of told.values()) {
    if (gone.has(deal)) continue;
    const read = all.get(deal.dealId);
    // What was read after an outage may be newer than what was told before it; told times have no fractions.
    if (read !== undefined && timeOf(read) >= timeOf(deal) + 1_000) continue;
    if (meets(deal, filters)) all.set(deal.dealId, asNew(deal));
    else all.delete(deal.dealId);
  }
  return [...all.values()];
}

const news = new WeakMap<Deal, Shown>();

/** The same object for the same deal: a row that shows it is not rendered again. */
function asNew(deal: Deal): Shown {
  const known = news.get(deal);
  if (known !== undefined) return known;
  const shown = { ...deal, isNew: true };
  news.set(deal, shown);
  return shown;
}

/** Whether a deal meets all wishes, as the server judges it: what was told of older wishes is told still. */
export function meets(
  { price, discount, category, merchant, title }: Omit<Shown, 'updatedAt'>,
  filters: Filters,
): boolean {
  const isOneOf = (wanted: readonly string[], is: string) =>
    wanted.length === 0 || wanted.some((one) => folded(one) === folded(is));
  const keywords = listed(filters.keywords);
  // Taking a title apart takes long, for thousands.
  const words = keywords.length === 0 ? '' : phrase(title);
  return (
    price >= (filters.minPrice ?? 0) &&
    price <= (filters.maxPrice ?? Number.POSITIVE_INFINITY) &&
    discount >= (filters.minDiscount ?? 0) &&
    isOneOf(listed(filters.category), category) &&
    isOneOf(listed(filters.merchant), merchant) &&
    (keywords.length === 0 || keywords.some((keyword) => words.includes(phrase(keyword))))
  );
}

const listed = (one: string | readonly string[] | undefined): readonly string[] =>
  one === undefined ? [] : typeof one === 'string' ? [one] : one;

const folded = (text: string) => text.trim().toLowerCase();

/** The words of a text in lower case, with a blank before and behind each. */
function phrase(text: string): string {
  const words = text.split(/[^\p{Alphabetic}\p{N}]+/u).filter((word) => word !== '');
  return words.length === 0 ? '' : ` ${words.join(' ').toLowerCase()} `;
}
