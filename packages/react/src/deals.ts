import type { ConnectionState } from '@quintet/client';
import {
  type Deal,
  DealsClient,
  type Filters,
  type Mail,
  type Room,
  type Topic,
} from '@quintet/client/deals';
import { useCallback, useMemo } from 'react';
import { useConnection } from './connection.js';
import { useHeld } from './held.js';
import { useShared } from './provider.js';
import { useStore } from './store.js';

const useClient = (): DealsClient => useShared('deals', (options) => new DealsClient(options));

/** Deals as they are told, while they are wished for; `error` where the wish is refused. */
export function useDeals(
  topics: readonly Topic[],
  filters: Filters = {},
): {
  readonly deals: ReadonlyMap<string, Deal>;
  readonly error: unknown;
  readonly client: DealsClient;
  readonly connection: ConnectionState;
} {
  const client = useClient();
  const error = useHeld(client, JSON.stringify([topics, filters]), wishFor);
  return { deals: useStore(client.deals), error, client, connection: useConnection(client) };
}

async function wishFor(client: DealsClient, wish: string) {
  const [topics, filters] = JSON.parse(wish) as [Topic[], Filters];
  const asked = await Promise.allSettled(
    topics.map((topic) => client.subscribeToDeals(topic, filters)),
  );
  const names = asked.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const release = () => Promise.all(names.map((name) => client.unsubscribeFromDeals(name)));
  const refused = asked.find((one) => one.status === 'rejected');
  if (refused === undefined) return release;
  release().catch(() => {});
  throw refused.reason;
}

/** What somebody was told of: notifications, price alerts, the status of tasks. */
export function useNotifications(): Mail & {
  /** How many are unread. */
  readonly unread: number;
  /** Marks one as read. */
  readonly acknowledge: (notificationId: string) => Promise<void>;
  readonly connection: ConnectionState;
} {
  const client = useClient();
  const mail = useStore(client.mail);
  const acknowledge = useCallback((id: string) => client.acknowledge(id), [client]);
  const connection = useConnection(client);
  return useMemo(() => {
    const unread = mail.notifications.filter(({ status }) => status === 'unread').length;
    return { ...mail, unread, acknowledge, connection };
  }, [mail, acknowledge, connection]);
}

/** A room of protocol B, while it is joined; `error` where it cannot be. */
export function useRoom(roomId: string): {
  readonly room: Room | undefined;
  readonly error: unknown;
  readonly send: (content: string) => Promise<unknown>;
} {
  const client = useClient();
  const error = useHeld(client, roomId, join);
  const room = useStore(client.rooms).get(roomId);
  const send = useCallback(
    (content: string) => client.sendMessage(`room:${roomId}`, content),
    [client, roomId],
  );
  return { room, error, send };
}

async function join(client: DealsClient, roomId: string) {
  await client.joinRoom(roomId);
  return () => client.leaveRoom(roomId);
}
