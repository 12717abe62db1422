import type { Deal } from '@quintet/client/deals';
import { describe, expect, it } from 'vitest';
import { type Known, type Shown, goneOf, meets, merged } from '../src/pages/deals/merge.js';

const deal = (change: Partial<Deal> = {}): Deal => ({
  event: 'updated',
  dealId: 'lamp',
  title: 'A USB-C lamp, 2m!',
  category: 'Home',
  merchant: 'Lux',
  price: 40,
  originalPrice: 80,
  discount: 50,
  currency: 'EUR',
  url: 'https://shop.example/lamp',
  updatedAt: 1_000,
  subscriptionIds: [],
  ...change,
});
const read = (change: Partial<Shown> = {}): Shown => ({
  ...deal(),
  updatedAt: '1970-01-01T00:16:40.500Z',
  ...change,
});
const known = (...items: Shown[]): Known => ({
  items,
  gone: new Set(),
  isPart: false,
});
const told = (...deals: Deal[]) => new Map(deals.map((one) => [one.dealId, one]));

describe('the deals of the board', () => {
  it('are those that were read, with what was told since in their place', () => {
    const [shown] = merged(known(read({ price: 60 })), told(deal()), {});
    expect(shown).toMatchObject({ price: 40, isNew: true });
  });
  it('are what was read after an outage, where that is newer', () => {
    const newer = read({ price: 30, updatedAt: '1970-01-01T00:16:42.000Z' });
    expect(merged(known(newer), told(deal()), {})).toEqual([newer]);
  });
  it('have none among them that was removed while nobody told of it', () => {
    const [lamp, radio] = [deal(), deal({ dealId: 'radio' })];
    const before = told(lamp, radio);
    const items = [read({ dealId: 'radio' })];
    const gone = goneOf(before, items);
    expect(merged({ items, gone }, before, {}).map(({ dealId }) => dealId)).toEqual(['radio']);
    // One that is put again is another.
    expect(merged({ items, gone }, told(deal()), {})).toHaveLength(2);
  });
  it('have among them nothing of an older wish', () => {
    const others = told(deal({ dealId: 'radio', category: 'audio' }), deal());
    expect(merged(known(), others, { category: 'home' }).map(({ dealId }) => dealId)).toEqual([
      'lamp',
    ]);
    expect(merged(known(read()), told(deal({ price: 90 })), { maxPrice: 50 })).toEqual([]);
  });
});

describe('a wish', () => {
  it('is met as the server says that it is', () => {
    expect(meets(deal(), { category: ' home ', merchant: ['other', 'LUX'] })).toBe(true);
    expect(meets(deal(), { keywords: ['chair', 'c LAMP'] })).toBe(true);
    expect(meets(deal(), { keywords: ['lam'] })).toBe(false);
    expect(meets(deal(), { minDiscount: 51 })).toBe(false);
  });
});
