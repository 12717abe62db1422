import type { ConnectionState } from '@quintet/client';
import {
  type Deal,
  DealsClient,
  type Filters,
  type Mail,
  type Room,
  type Topic,
} from '@quintet/client/deals';
import { useEffect, useState } from 'react';
import { useConnection } from './connection.js';
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
  const [error, setError] = useState<unknown>();
  const wish = JSON.stringify([topics, filters]);
  useEffect(() => {
    setError(undefined);
    let isWished = true;
    const [wanted, within] = JSON.parse(wish) as [Topic[], Filters];
    const names = wanted.map((topic) => client.subscribeToDeals(topic, within));
    for (const name of names) name.catch((reason: unknown) => isWished && setError(reason));
    return () => {
      isWished = false;
      for (const name of names) {
        name.then((it) => client.unsubscribeFromDeals(it)).catch(() => {});
      }
    };
  }, [client, wish]);
  return { deals: useStore(client.deals), error, client, connection: useConnection(client) };
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
  const unread = mail.notifications.filter(({ status }) => status === 'unread').length;
  const acknowledge = (id: string) => client.acknowledge(id);
  return { ...mail, unread, acknowledge, connection: useConnection(client) };
}

/** A room of protocol B, while it is joined. */
export function useRoom(roomId: string): {
  readonly room: Room | undefined;
  readonly error: unknown;
  readonly send: (content: string) => Promise<unknown>;
} {
  const client = useClient();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let isJoined = true;
    client.joinRoom(roomId).catch((reason: unknown) => isJoined && setError(reason));
    return () => {
      isJoined = false;
      client.leaveRoom(roomId).catch(() => {});
    };
  }, [client, roomId]);
  const room = useStore(client.rooms).get(roomId);
  return { room, error, send: (content) => client.sendMessage(`room:${roomId}`, content) };
}
