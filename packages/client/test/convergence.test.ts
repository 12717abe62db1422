import { describe, expect, it } from 'vitest';
import { Replica } from '../src/collaboration/replica.js';
import {
  type Splice,
  apply,
  fromTheWire,
  onTheWire,
  splitsPair,
  transform,
  transformEarlier,
} from '../src/collaboration/splice.js';

/** Seeded, so that it says the same each time (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
  };
}

interface Logged {
  readonly author: number;
  readonly id: number;
  readonly splice: Splice;
}
interface Sent {
  readonly id: number;
  readonly version: number;
  readonly edit: Splice;
}

/** The order of all, as the protocol says that the server makes it. */
class Server {
  content = '';
  readonly log: Logged[] = [];
  /** What each author has not seen of the others, as it is on the text that has the author's own edits. */
  readonly #unseen = new Map<number, { version: number; splice: Splice }[]>();

  join(author: number): void {
    this.#unseen.set(author, []);
  }

  take(author: number, { id, version, edit }: Sent): void {
    let splice = edit;
    const unseen = (this.#unseen.get(author) ?? []).filter((other) => other.version > version);
    for (const other of unseen) {
      const next = transform(splice, other.splice);
      other.splice = transformEarlier(other.splice, splice);
      splice = next;
    }
    this.#unseen.set(author, unseen);
    this.content = apply(this.content, splice) ?? expect.fail('an edit that does not fit');
    this.log.push({ author, id, splice });
    for (const [other, list] of this.#unseen) {
      if (other !== author) list.push({ version: this.log.length, splice });
    }
  }
}

/** Somebody who edits over a connection on which things take their time. */
class Writer {
  readonly replica = new Replica();
  readonly #upwards: Sent[] = [];
  /** Versions that the server has told of, and that have come. */
  #told = 0;

  constructor(
    readonly number: number,
    readonly server: Server,
  ) {
    this.replica.joined('', 0);
    server.join(number);
  }

  type(random: (below: number) => number): void {
    const { text } = this.replica;
    const place = () => {
      const at = random(text.length + 1);
      return splitsPair(text, at) ? at - 1 : at;
    };
    const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number];
    const content = ['', 'x', 'yz', '😀', 'é', '👩‍🚀'][random(6)] ?? '';
    const deleted = random(3) === 0 ? to - from : 0;
    this.replica.edit({ position: from, deleted, content });
  }

  send(): void {
    for (let next = this.replica.nextToSend(); next; next = this.replica.nextToSend()) {
      this.#upwards.push(next);
    }
  }

  /** One message arrives, if there is one. */
  deliverUp(): void {
    const sent = this.#upwards.shift();
    if (sent !== undefined) this.server.take(this.number, sent);
  }

  /** One version comes, if there is one. */
  deliverDown(): void {
    const logged = this.server.log[this.#told];
    if (logged === undefined) return;
    this.#told += 1;
    expect(this.#hear(logged, this.#told)).toBe('taken');
  }

  /** The connection breaks: what is under way is lost, and what the log has is read. */
  reconnect(): void {
    this.#upwards.length = 0;
    while (this.#told < this.server.log.length) this.deliverDown();
    expect(this.replica.confirmed).toBe(this.server.content);
    this.replica.reconnected();
  }

  get isSettled(): boolean {
    return this.replica.pending === 0 && this.#told === this.server.log.length;
  }

  #hear({ author, id, splice }: Logged, version: number) {
    const { position, content } = splice;
    const { operation, length } = onTheWire(splice);
    if (author === this.number) return this.replica.acknowledged(id, version, position, length);
    return this.replica.edited(version, fromTheWire({ operation, position, length, content }));
  }
}

function play(seed: number, steps: number, canUndo: boolean): { server: Server; all: Writer[] } {
  const random = generator(seed);
  const server = new Server();
  const all = [0, 1, 2].map((number) => new Writer(number, server));
  for (let step = 0; step < steps; step += 1) {
    const one = all[random(all.length)] ?? expect.fail();
    const what = random(20);
    if (what < 7) one.type(random);
    else if (what === 7 && canUndo) one.replica.undo();
    else if (what === 8 && canUndo) one.replica.redo();
    else if (what < 11) one.send();
    else if (what < 14) one.deliverUp();
    else if (what < 19) one.deliverDown();
    else one.reconnect();
  }
  settle(all);
  return { server, all };
}

function settle(all: readonly Writer[]): void {
  do {
    for (const one of all) {
      one.send();
      one.deliverUp();
      one.deliverDown();
    }
  } while (!all.every(({ isSettled }) => isSettled));
}

describe('writers whose connections take their time, and break', () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))('see one text (%i)', (seed) => {
    const { server, all } = play(seed, 400, true);
    expect(all.map(({ replica }) => replica.text)).toEqual(all.map(() => server.content));
    // A lone half of a surrogate pair does not survive being encoded.
    expect(Buffer.from(server.content).toString()).toBe(server.content);
  });

  it('undo, of all that one wrote, leaves what the others wrote', () => {
    for (let seed = 0; seed < 100; seed += 1) {
      const server = new Server();
      const [own, other] = [new Writer(0, server), new Writer(1, server)];
      const random = generator(seed);
      for (let nth = 0; nth < 20; nth += 1) {
        const at = (writer: Writer) => random(writer.replica.text.length + 1);
        own.replica.edit({ position: at(own), deleted: 0, content: 'o' });
        other.replica.edit({ position: at(other), deleted: 0, content: 'T' });
        if (random(2) === 0) settle([own, other]);
      }
      while (own.replica.canUndo) own.replica.undo();
      settle([own, other]);
      expect(server.content).toBe('T'.repeat(20));
      expect(own.replica.text).toBe(server.content);
      while (own.replica.canRedo) own.replica.redo();
      settle([own, other]);
      expect([...server.content].filter((letter) => letter === 'o')).toHaveLength(20);
      expect(other.replica.text).toBe(server.content);
    }
  });
});
