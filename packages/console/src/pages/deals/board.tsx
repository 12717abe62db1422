import './deals.css';
import {
  Anchor,
  Badge,
  Button,
  Card,
  Group,
  SegmentedControl,
  Skeleton,
  Table,
  Text,
} from '@mantine/core';
import { useApi } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, memo, useMemo, useState } from 'react';
import { money, percent } from '../../parts/money.js';
import { When, useNow } from '../../parts/when.js';
import { AlertButton } from './alert-button.js';
import { type Shown, timeOf } from './merge.js';
import { Prices } from './prices.js';

/** What stands first. */
export type Order = 'discount' | 'price' | 'newest';

const BEFORE: Record<Order, (one: Shown, other: Shown) => number> = {
  discount: (one, other) => other.discount - one.discount,
  price: (one, other) => one.price - other.price,
  newest: (one, other) => timeOf(other) - timeOf(one),
};

/** Rows on the page at first, and that come in addition for whoever wants to see more. */
const ROWS = 50;
/** So long a change is one of just now: milliseconds. */
const JUST_NOW = 120_000;

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
  const [rows, setRows] = useState(ROWS);
  const all = useMemo(() => [...deals].sort(BEFORE[order]), [deals, order]);
  const sorted = all.slice(0, rows);
  const alerts = useAlerts();
  if (isPending) return <Skeleton height={320} radius="md" aria-label="Loading" />;
  if (sorted.length === 0) return null;
  return (
    <>
      <Group gap="sm">
        <Text size="sm" c="dimmed">
          First by
        </Text>
        <SegmentedControl
          aria-label="What stands first"
          value={order}
          onChange={(value) => onOrder(value as Order)}
          data={[
            { value: 'discount', label: 'Discount' },
            { value: 'price', label: 'Price' },
            { value: 'newest', label: 'Newest' },
          ]}
        />
      </Group>
      <Card withBorder p={0} className="board">
        <Table verticalSpacing="sm" highlightOnHover aria-label="Deals">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Deal</Table.Th>
              <Table.Th scope="col" ta="right">
                Price
              </Table.Th>
              <Table.Th scope="col" visibleFrom="sm" w={130} ps="lg">
                Prices so far
              </Table.Th>
              <Table.Th scope="col" w={60}>
                <span className="hidden">Alert</span>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {sorted.map((deal) => (
              <Row key={deal.dealId} deal={deal} below={alerts.get(deal.dealId)} />
            ))}
          </Table.Tbody>
        </Table>
      </Card>
      {deals.length > rows && (
        <Group gap="sm">
          <Text size="sm" c="dimmed">
            The first {rows} of {deals.length.toLocaleString()}
          </Text>
          <Button variant="default" size="compact-sm" onClick={() => setRows(rows + ROWS)}>
            Show {ROWS} more
          </Button>
        </Group>
      )}
    </>
  );
}

/** Below which price somebody wants to hear of which deal. */
function useAlerts(): ReadonlyMap<string, number> {
  const api = useApi();
  const alerts = useQuery({
    queryKey: ['price-alerts'],
    queryFn: () =>
      api.get<{ items: { dealId: string; below: number }[] }>('/api/price-alerts', { limit: 200 }),
  });
  return useMemo(
    () => new Map(alerts.data?.items.map(({ dealId, below }) => [dealId, below])),
    [alerts.data],
  );
}

const Row = memo(function Row({
  deal,
  below,
}: {
  readonly deal: Shown;
  readonly below: number | undefined;
}): ReactNode {
  const { title, url, merchant, category, updatedAt, isNew = false } = deal;
  const isJustNow = useNow() - timeOf(deal) < JUST_NOW && isNew;
  return (
    <Table.Tr>
      <Table.Td>
        {/* Another change, another mark. */}
        {isJustNow && <span key={updatedAt} className="told" aria-hidden />}
        <Anchor
          href={url}
          target="_blank"
          rel="noreferrer noopener"
          fw={600}
          size="sm"
          c="var(--mantine-color-text)"
          dir="auto"
        >
          {title}
        </Anchor>
        <Text size="xs" c="dimmed" component="div">
          {merchant} · {category}
          {isJustNow ? (
            <Badge size="xs" color="teal" variant="light" ms={6}>
              just now
            </Badge>
          ) : (
            <Text span inherit visibleFrom="xs">
              {' · '}
              <When at={timeOf(deal)} as="ago" />
            </Text>
          )}
        </Text>
      </Table.Td>
      <Table.Td ta="right" className="price">
        <Price deal={deal} />
      </Table.Td>
      <Table.Td visibleFrom="sm" ps="lg">
        <Prices deal={deal} />
      </Table.Td>
      <Table.Td>
        <AlertButton deal={deal} below={below} />
      </Table.Td>
    </Table.Tr>
  );
});

function Price({
  deal: { price, originalPrice, discount, currency },
}: {
  readonly deal: Shown;
}): ReactNode {
  return (
    <>
      <Text size="sm" fw={650} style={{ fontVariantNumeric: 'tabular-nums' }}>
        {money(price, currency)}
      </Text>
      {discount > 0 && (
        <Text size="xs" c="dimmed" component="div">
          <span className="hidden">before: </span>
          <s>{money(originalPrice, currency)}</s> <span className="off">−{percent(discount)}</span>
        </Text>
      )}
    </>
  );
}
