import { Button, Card, Stack, Text } from '@mantine/core';
import { useDebouncedValue, useSessionStorage } from '@mantine/hooks';
import type { ConnectionState } from '@quintet/client';
import type { DealsClient, Filters } from '@quintet/client/deals';
import { useApi, useDeals } from '@quintet/react';
import { IconTags, IconTagsOff } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useDeferredValue, useEffect, useMemo, useRef } from 'react';
import { ConnectionBadge } from '../parts/connection.js';
import { Fault } from '../parts/fault.js';
import { Heading } from '../parts/heading.js';
import { Notice } from '../parts/notice.js';
import { Board, type Order } from './deals/board.js';
import { type Known, NOTHING_READ, type Shown, goneOf, merged } from './deals/merge.js';
import { NO_WISHES, Wishes, toFilters } from './deals/wishes.js';

/** Deals of a page, and of all pages that are read; what is told of later comes in addition. */
const PAGE = 200;
const READ_MAX = 1_000;
/** After the last key: milliseconds. Each wish is a subscription of its own. */
const SETTLED_AFTER = 400;

/** The live board of deals: what there was, and every change as it is told. */
export default function DealsPage(): ReactNode {
  const [wishes, setWishes] = useKept('wishes', NO_WISHES);
  const [order, setOrder] = useKept<Order>('order', 'discount');
  const [settled] = useDebouncedValue(wishes, SETTLED_AFTER);
  const filters = useMemo(() => toFilters(settled), [settled]);
  const { deals, error, client, connection } = useDeals(['new-deals', 'price-updates'], filters);
  useChanges(client, connection);
  const known = useKnown(filters, client);
  const now = useMemo(
    () => merged(known.data ?? NOTHING_READ, deals, filters),
    [known.data, deals, filters],
  );
  // Rendered in pieces between which somebody may type, for hundreds of rows may have changed.
  const shown = useDeferredValue(now);
  const isWishing = Object.keys(filters).length > 0;
  return (
    <>
      <Heading title="Deals">
        <Text size="sm" c="dimmed" role="status">
          {known.data?.isPart === true && 'The newest of more than '}
          {shown.length.toLocaleString()} {shown.length === 1 ? 'deal' : 'deals'}
        </Text>
        <ConnectionBadge state={connection} />
      </Heading>
      <Stack gap="md">
        <Card withBorder>
          <Wishes wishes={wishes} deals={shown} onChange={setWishes} />
        </Card>
        <Fault error={error ?? known.error} onRetry={known.refetch} />
        <Board deals={shown} order={order} onOrder={setOrder} isPending={known.isPending} />
        {known.isSuccess && now.length === 0 && (
          <Nothing isWishing={isWishing} onClear={() => setWishes(NO_WISHES)} />
        )}
      </Stack>
    </>
  );
}

/** A choice that is still there when the page is loaded anew, in this tab. */
function useKept<Value>(name: string, defaultValue: Value) {
  const key = `quintet.deals.${name}`;
  return useSessionStorage({ key, defaultValue, getInitialValueInEffect: false });
}

function Nothing({
  isWishing,
  onClear,
}: {
  readonly isWishing: boolean;
  readonly onClear: () => void;
}): ReactNode {
  if (!isWishing) {
    return (
      <Notice icon={IconTags} title="No deal yet">
        A deal appears here the moment a producer puts it, and moves when its price does.
      </Notice>
    );
  }
  return (
    <Notice
      icon={IconTagsOff}
      title="Nothing meets these wishes"
      action={
        <Button variant="default" mt="xs" onClick={onClear}>
          Show all deals
        </Button>
      }
    >
      Wish for less, or wait: a deal that meets them appears here by itself.
    </Notice>
  );
}

function useKnown(filters: Filters, client: DealsClient) {
  const api = useApi();
  return useQuery({
    queryKey: ['deals', filters],
    queryFn: async (): Promise<Known> => {
      const toldBefore = client.deals.value;
      const items: Shown[] = [];
      let cursor: string | undefined;
      do {
        const query = { ...filters, limit: PAGE, cursor } as Record<string, string | number>;
        const page = await api.get<{ items: Shown[]; nextCursor: string | null }>(
          '/api/deals',
          query,
        );
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined && items.length < READ_MAX);
      const isPart = cursor !== undefined;
      return { items, gone: isPart ? new Set() : goneOf(toldBefore, items), isPart };
    },
  });
}

/** Reads the deals anew after an outage, and forgets those that are removed. */
function useChanges(client: DealsClient, connection: ConnectionState): void {
  const queries = useQueryClient();
  const since = 'since' in connection ? connection.since : undefined;
  const first = useRef(since);
  useEffect(() => {
    if (since === undefined) return;
    const isFirst = first.current === undefined || first.current === since;
    first.current = since;
    if (!isFirst) void queries.invalidateQueries({ queryKey: ['deals'] });
  }, [queries, since]);
  useEffect(
    () =>
      client.on('DealUpdate', ({ data: { event, dealId } }) => {
        if (event !== 'removed') return;
        queries.setQueriesData<Known>(
          { queryKey: ['deals'] },
          (known) =>
            known && { ...known, items: known.items.filter((deal) => deal.dealId !== dealId) },
        );
      }),
    [queries, client],
  );
}
