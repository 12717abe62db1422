import { Anchor, Badge, Group, SegmentedControl, Skeleton, Table, Text } from '@mantine/core';
import type { Deal } from '@quintet/client/deals';
import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { Sparkline } from '../../parts/sparkline.js';
import { AlertButton } from './alert-button.js';

/** A deal of the board: read, or told of since. */
export type Shown = Omit<Deal, 'event' | 'subscriptionIds' | 'updatedAt'> & {
  readonly updatedAt: string | number;
  /** Whether it was told of since the page is open. */
  readonly isNew?: boolean;
};

/** What stands first. */
export type Order = 'discount' | 'price' | 'newest';

const BEFORE: Record<Order, (one: Shown, other: Shown) => number> = {
  discount: (one, other) => other.discount - one.discount,
  price: (one, other) => one.price - other.price,
  newest: (one, other) => time(other.updatedAt) - time(one.updatedAt),
};

/** Over the WebSocket times are seconds, over HTTP ISO 8601. */
const time = (at: string | number): number =>
  typeof at === 'number' ? at * 1000 : new Date(at).getTime();

/** Rows on the page; what is further down has to be wished for. */
const ROWS = 100;

/** The deals in a table that sorts itself anew with every change. */
export function Board({
  deals,
  order,
  onOrder,
  isPending,
}: {
  readonly deals: readonly Shown[];
  readonly order: Order;
  readonly onOrder: (order: Order) => void;
  readonly isPending: boolean;
}): ReactNode {
  const sorted = useMemo(() => [...deals].sort(BEFORE[order]).slice(0, ROWS), [deals, order]);
  if (isPending) return <Skeleton height={200} aria-label="Loading" />;
  if (sorted.length === 0) return null;
  return (
    <>
      <SegmentedControl
        aria-label="What stands first"
        value={order}
        onChange={(value) => onOrder(value as Order)}
        data={[
          { value: 'discount', label: 'Discount' },
          { value: 'price', label: 'Price' },
          { value: 'newest', label: 'Newest' },
        ]}
        style={{ alignSelf: 'flex-start' }}
      />
      <Table.ScrollContainer minWidth={340}>
        <Table verticalSpacing="sm" highlightOnHover aria-label="Deals">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Deal</Table.Th>
              <Table.Th scope="col" ta="right">
                Price
              </Table.Th>
              <Table.Th scope="col" visibleFrom="sm">
                So far
              </Table.Th>
              <Table.Th scope="col" w={60}>
                <span className="hidden">Alert</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.map((deal) => (
              <Row key={deal.dealId} deal={deal} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {deals.length > ROWS && (
        <Text size="sm" c="dimmed">
          The first {ROWS} of {deals.length}; wish for less to see the others.
        </Text>
      )}
    </>
  );
}

function Row({ deal }: { readonly deal: Shown }): ReactNode {
  const money = formatter(deal.currency);
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap={6}>
          <Anchor href={deal.url} target="_blank" rel="noreferrer noopener" fw={600} size="sm">
            {deal.title}
          </Anchor>
          {deal.isNew === true && (
            <Badge size="xs" color="teal" variant="light">
              just now
            </Badge>
          )}
        </Group>
        <Text size="xs" c="dimmed">
          {deal.merchant} · {deal.category}
        </Text>
      </Table.Td>
      <Table.Td ta="right" style={{ whiteSpace: 'nowrap' }}>
        <Text size="sm" fw={650}>
          {money(deal.price)}
        </Text>
        {deal.discount > 0 && (
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <Text size="xs" c="dimmed" td="line-through">
              {money(deal.originalPrice)}
            </Text>
            <Badge size="xs" color="red" variant="light" style={{ flexShrink: 0 }}>
              −{Math.round(deal.discount)} %
            </Badge>
          </Group>
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Prices deal={deal} />
      </Table.Td>
      <Table.Td>
        <AlertButton deal={deal} />
      </Table.Td>
    </Table.Tr>
  );
}

/** The prices it had, oldest first, and the one it has. */
function Prices({ deal }: { readonly deal: Shown }): ReactNode {
  const api = useApi();
  const { dealId, price, currency, title } = deal;
  const path = `/api/deals/${encodeURIComponent(dealId)}/prices`;
  const history = useQuery({
    // A price that was told of asks for the history anew.
    queryKey: ['prices', dealId, price],
    queryFn: () => api.get<{ items: { price: number }[] }>(path, { limit: 30 }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const prices = (history.data?.items ?? []).map((entry) => entry.price).reverse();
  const money = formatter(currency);
  const label = `Prices of ${title}: ${prices.map(money).join(', ')}`;
  return <Sparkline values={prices} label={label} />;
}

function formatter(currency: string): (amount: number) => string {
  try {
    const format = new Intl.NumberFormat([], { style: 'currency', currency });
    return (amount) => format.format(amount);
  } catch {
    // Not every three letters are a currency.
    return (amount) => `${amount.toFixed(2)} ${currency}`;
  }
}
