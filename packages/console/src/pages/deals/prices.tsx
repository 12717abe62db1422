import { useIntersection } from '@mantine/hooks';
import { useApi } from '@quintet/react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { money } from '../../parts/money.js';
import { Sparkline } from '../../parts/sparkline.js';
import type { Shown } from './merge.js';

/** Changes that are shown, at most. */
const CHANGES = 30;

/** The prices it had, oldest first, and the one it has; they are read once the row is looked at. */
export function Prices({ deal }: { readonly deal: Shown }): ReactNode {
  const { ref, entry } = useIntersection({ rootMargin: '200px' });
  const [wasSeen, setWasSeen] = useState(false);
  if (entry?.isIntersecting === true && !wasSeen) setWasSeen(true);
  const api = useApi();
  const { dealId, price, currency, title } = deal;
  const path = `/api/deals/${encodeURIComponent(dealId)}/prices`;
  const history = useQuery({
    // A price that was told of asks for the history anew.
    queryKey: ['prices', dealId, price],
    queryFn: () => api.get<{ items: { price: number }[] }>(path, { limit: CHANGES }),
    staleTime: Number.POSITIVE_INFINITY,
    enabled: wasSeen,
    placeholderData: keepPreviousData,
  });
  const prices = (history.data?.items ?? []).map((item) => item.price).reverse();
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
