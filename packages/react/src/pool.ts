/** Something that connects and ends. */
interface Connectable {
  open(): void;
  close(): void;
}

/** How long a connection that nobody uses is kept: a page that leaves and comes back keeps it. */
const KEEP_FOR = 1_000;

interface Shared<Client> {
  readonly client: Client;
  users: number;
  ending?: ReturnType<typeof setTimeout>;
}

/** Connections that components share: one for each name, open as long as a component uses it. */
export class Pool {
  readonly #shared = new Map<string, Shared<Connectable>>();

  /** The client of that name, made by `make` where there is none. It is opened by {@link use}. */
  get<Client extends Connectable>(name: string, make: () => Client): Client {
    const known = this.#shared.get(name);
    if (known !== undefined) return known.client as Client;
    const client = make();
    const shared: Shared<Connectable> = { client, users: 0 };
    this.#shared.set(name, shared);
    // One that is made and then not used, for React rendered in vain, goes like one that was left.
    this.#endSoon(name, shared);
    return client;
  }

  /** Uses the client of that name until what comes back is called. */
  use(name: string): () => void {
    const shared = this.#shared.get(name);
    if (shared === undefined) return () => {};
    clearTimeout(shared.ending);
    shared.users += 1;
    shared.client.open();
    let isUsed = true;
    return () => {
      if (!isUsed) return;
      isUsed = false;
      shared.users -= 1;
      if (shared.users === 0) this.#endSoon(name, shared);
    };
  }

  /** Ends all of them. */
  close(): void {
    for (const { client, ending } of this.#shared.values()) {
      clearTimeout(ending);
      client.close();
    }
    this.#shared.clear();
  }

  #endSoon(name: string, shared: Shared<Connectable>): void {
    clearTimeout(shared.ending);
    shared.ending = setTimeout(() => {
      shared.client.close();
      if (this.#shared.get(name) === shared) this.#shared.delete(name);
    }, KEEP_FOR);
  }
}
