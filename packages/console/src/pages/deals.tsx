import { Card, Group, Stack, Text } from '@mantine/core';
import type { Deal, Filters } from '@quintet/client/deals';
import { useApi, useDeals } from '@quintet/react';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo, useState } from 'react';
import { ConnectionBadge } from '../parts/connection.js';
import { Fault } from '../parts/fault.js';
import { Heading } from '../parts/heading.js';
import { Board, type Order, type Shown } from './deals/board.js';
import { Wishes } from './deals/wishes.js';

/** Deals of a page; what is told of later comes in addition. */
const PAGE = 200;

/** The live board of deals: what there was, and every change as it is told. */
export default function DealsPage(): ReactNode {
  const [filters, setFilters] = useState<Filters>({});
  const [order, setOrder] = useState<Order>('discount');
  const { deals, error, connection } = useDeals(['new-deals', 'price-updates'], filters);
  const known = useKnown(filters);
  const shown = useMemo(
    () => merged(known.data ?? [], deals, filters),
    [known.data, deals, filters],
  );
  return (
    <Stack gap="md">
      <Heading title="Deals">
        <Text size="sm" c="dimmed" role="status">
          {shown.length} {shown.length === 1 ? 'deal' : 'deals'}
        </Text>
        <ConnectionBadge state={connection} />
      </Heading>
      <Card withBorder>
        <Wishes onChange={setFilters} />
      </Card>
      <Fault error={error ?? known.error} />
      <Board deals={shown} order={order} onOrder={setOrder} isPending={known.isPending} />
      {!known.isPending && shown.length === 0 && (
        <Group justify="center" p="xl">
          <Text c="dimmed" maw={420} ta="center">
            Nothing meets these wishes. A new deal appears here the moment a producer puts it.
          </Text>
        </Group>
      )}
    </Stack>
  );
}

function useKnown(filters: Filters) {
  const api = useApi();
  return useQuery({
    queryKey: ['deals', filters],
    queryFn: async () => {
      const query = { ...filters, limit: PAGE } as Record<string, string | number>;
      return (await api.get<{ items: Shown[] }>('/api/deals', query)).items;
    },
  });
}

/** What was read, with what was told since in its place; of what was told, what meets the wishes. */
function merged(
  known: readonly Shown[],
  told: ReadonlyMap<string, Deal>,
  { minPrice, maxPrice, minDiscount }: Filters,
): Shown[] {
  const all = new Map<string, Shown>(known.map((deal) => [deal.dealId, deal]));
  for (const deal of told.values()) all.set(deal.dealId, { ...deal, isNew: true });
  return [...all.values()].filter(
    ({ price, discount }) =>
      price >= (minPrice ?? 0) &&
      price <= (maxPrice ?? Number.POSITIVE_INFINITY) &&
      discount >= (minDiscount ?? 0),
  );
}
