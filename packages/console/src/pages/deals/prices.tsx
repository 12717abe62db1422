import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { money } from '../../parts/money.js';
import { useSeen } from '../../parts/seen.js';
import { Sparkline } from '../../parts/sparkline.js';
import { type Line, PRICES_MAX, continued, pricesOf } from './line.js';
import type { Shown } from './merge.js';
import { Pace } from './pace.js';

/** What the server lets somebody ask for in a minute is not spent on rows that come and go. */
const pace = new Pace(60, 250);

/** The prices it had, oldest first, and the one it has; they are read once, when the row is looked at. */
export function Prices({ deal }: { readonly deal: Shown }): ReactNode {
  const { ref, wasSeen } = useSeen<HTMLDivElement>();
  const api = useApi();
  const { dealId, price, currency, title } = deal;
  const path = `/api/deals/${encodeURIComponent(dealId)}/prices`;
  const history = useQuery({
    queryKey: ['prices', dealId],
    queryFn: async ({ signal }) => {
      await pace.turn(signal);
      const page = await api.get<{ items: { price: number }[] }>(path, { limit: PRICES_MAX });
      return page.items.map((item) => item.price).reverse();
    },
    staleTime: Number.POSITIVE_INFINITY,
    // Of what is not on the board no change is noted.
    gcTime: 0,
    enabled: wasSeen,
  });
  const [line, setLine] = useState<Line>({ read: undefined, told: [] });
  const now = continued(line, history.data, price);
  if (now !== line) setLine(now);
  const prices = pricesOf(now);
  const label = describe(title, prices, currency);
  return (
    <div ref={ref} style={{ minHeight: 24 }} title={label}>
      <Sparkline values={prices} label={label} />
    </div>
  );
}

/** The line in words: where it began, where it is, and between what it moved. */
function describe(title: string, prices: readonly number[], currency: string): string {
  const [first = 0] = prices;
  const last = prices.at(-1) ?? first;
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const write = (amount: number) => money(amount, currency);
  return (
    `Prices of ${title}: from ${write(first)} to ${write(last)}, ` +
    `between ${write(low)} and ${write(high)}`
  );
}
