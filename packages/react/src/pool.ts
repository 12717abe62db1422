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

  /** Uses the client that {@link get} gave until what comes back is called. */
  use(name: string, client: Connectable): () => void {
    let shared = this.#shared.get(name);
    if (shared?.client !== client) {
      // A component that rendered long before it is used: its client has gone meanwhile, and comes back.
      shared = { client, users: 0 };
      this.#shared.set(name, shared);
    }
    clearTimeout(shared.ending);
    const used = shared;
    used.users += 1;
    used.client.open();
    let isUsed = true;
    return () => {
      if (!isUsed) return;
      isUsed = false;
      used.users -= 1;
      if (used.users === 0) this.#endSoon(name, used);
    };
  }

  #endSoon(name: string, shared: Shared<Connectable>): void {
    clearTimeout(shared.ending);
    shared.ending = setTimeout(() => {
      shared.client.close();
      if (this.#shared.get(name) === shared) this.#shared.delete(name);
    }, KEEP_FOR);
  }
}
