import { Api } from '@quintet/client/api';
import type { Options } from '@quintet/client/connection';
import { type ReactNode, createContext, useContext, useEffect, useMemo, useRef } from 'react';
import { Pool } from './pool.js';

/** The server and the connections to it, for everything below. */
interface Server {
  readonly options: Options;
  readonly api: Api;
  readonly pool: Pool;
}

const ServerContext = createContext<Server | undefined>(undefined);

/**
 * Gives the hooks below a server: `url`, and `token`, which is asked for before every dial and every request
 * over HTTP. Another `url` means other connections; another `token` function is used from the next dial on.
 */
export function QuintetProvider({
  url,
  token,
  children,
}: Pick<Options, 'url' | 'token'> & { readonly children: ReactNode }): ReactNode {
  const newest = useRef(token);
  newest.current = token;
  const server = useMemo(() => {
    const options = { url, token: () => newest.current() };
    return { options, api: new Api(options), pool: new Pool() };
  }, [url]);
  return <ServerContext.Provider value={server}>{children}</ServerContext.Provider>;
}

/** The server of the nearest provider. */
export function useServer(): Server {
  const server = useContext(ServerContext);
  if (server === undefined) throw new Error('There is no QuintetProvider above this component');
  return server;
}

/** The server's HTTP routes. */
export function useApi(): Api {
  return useServer().api;
}

/** The client of that name, shared by all components below one provider, and open while one uses it. */
export function useShared<Client extends { open(): void; close(): void }>(
  name: string,
  make: (options: Options) => Client,
): Client {
  const { options, pool } = useServer();
  const client = pool.get(name, () => make(options));
  useEffect(() => pool.use(name, client), [pool, name, client]);
  return client;
}
