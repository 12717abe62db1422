import type { Api, Page } from '../api.js';
import type { DealUpdate, SubscribeToDealsRequest } from '../messages/deals.js';
import { Snapshots } from '../store.js';

/** A deal as it was told last. */
export type Deal = DealUpdate['data'];
/** What a subscription wants to hear of; all of it must hold. */
export type Filters = NonNullable<SubscribeToDealsRequest['data']['filters']>;

/** Deals kept; past it the ones that were told of longest ago go. */
const DEALS_MAX = 10_000;
/** Deals of a page, for catching up, and pages that are read at most. */
const PAGE = 200;
const PAGES_MAX = DEALS_MAX / PAGE;

/** A deal as it is read. */
type Read = Omit<Deal, 'event' | 'subscriptionIds' | 'updatedAt'> & { readonly updatedAt: string };

/** Every deal that was told of. */
export class Board {
  readonly #deals = new Map<string, Deal>();
  /** By id; the one told of last stands last. */
  readonly deals = new Snapshots<ReadonlyMap<string, Deal>>(() => new Map(this.#deals));

  /** A deal came, changed or went. */
  note(deal: Deal): void {
    this.#deals.delete(deal.dealId);
    if (deal.event !== 'removed') this.#deals.set(deal.dealId, deal);
    const [oldest] = this.#deals.keys();
    if (this.#deals.size > DEALS_MAX && oldest !== undefined) this.#deals.delete(oldest);
    this.deals.changed();
  }

  /** The price of one that is known changed. */
  notePrice(dealId: string, price: number, changedAt: number): void {
    const deal = this.#deals.get(dealId);
    if (deal !== undefined && changedAt >= deal.updatedAt) this.note({ ...deal, price });
  }

  /**
   * Reads the deals that changed behind a time, in seconds since 1970: all of them, or of those that are
   * known. Those that went are not told of.
   */
  async readMissed(
    api: Api,
    filters: Filters,
    updatedAfter: number,
    which: 'all' | 'known',
  ): Promise<void> {
    let cursor: string | null = null;
    for (let pages = 0; pages < PAGES_MAX; pages += 1) {
      const query = { ...filters, updatedAfter, limit: PAGE, cursor: cursor ?? undefined };
      const page: Page<Read> = await api.get('/api/deals', query);
      for (const read of page.items) {
        if (which === 'all' || this.#deals.has(read.dealId)) this.#noteRead(read);
      }
      cursor = page.nextCursor;
      if (cursor === null) return;
    }
  }

  /** What was told meanwhile is newer. */
  #noteRead(read: Read): void {
    const updatedAt = Math.floor(Date.parse(read.updatedAt) / 1000);
    const known = this.#deals.get(read.dealId);
    if (known !== undefined && known.updatedAt > updatedAt) return;
    this.note({ ...read, updatedAt, event: 'updated', subscriptionIds: [] });
  }
}
