import { isOpen } from '@quintet/client';
import { useNotifications } from '@quintet/react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

/** What could not be read while the server was away is read once it is back, by the connection of every page. */
export function useReturn(): void {
  const { connection } = useNotifications();
  const queries = useQueryClient();
  const isBack = isOpen(connection);
  useEffect(() => {
    if (!isBack) return;
    const hasFailed = ({ state }: { state: { status: string } }) => state.status === 'error';
    void queries.refetchQueries({ type: 'active', predicate: hasFailed });
  }, [queries, isBack]);
}
