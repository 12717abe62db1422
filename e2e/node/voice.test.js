// Interviews by voice through the public client `socket.io-client`: by WebSocket, by polling alone, and by
// polling through an upgrade.

import assert from "node:assert/strict";
import { test } from "node:test";

import { io } from "socket.io-client";

import { withServer } from "./server.js";

const SECRET = { JWT_SECRET: "a secret of the voice tests, long enough to be one" };
const UNLIMITED = {
  QUINTET_LIMITS__VOICE__CONNECTS_PER_MINUTE: "0",
  QUINTET_LIMITS__VOICE__REFUSED_TOKENS_PER_MINUTE: "0",
  QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE: "0",
};
const WAYS = {
  websocket: ["websocket"],
  polling: ["polling"],
  upgrade: ["polling", "websocket"],
};
const PATIENCE_MS = 30_000;

/** A client whose events wait until they are asked for. */
class Person {
  constructor(url, token, transports) {
    this.events = [];
    this.waiting = [];
    this.socket = io(`${url}/interview`, {
      auth: { token },
      transports,
      forceNew: true,
      reconnectionDelay: 50,
      reconnectionDelayMax: 100,
    });
    this.socket.onAny((name, payload) => this.take(name, payload));
    this.socket.on("disconnect", (reason) => this.take("disconnect", reason));
  }

  /** A person who is in a session. */
  static async joined(server, user, sessionId, transports = WAYS.websocket) {
    const person = new Person(server.url, server.token(user), transports);
    assert.equal((await person.event("connection:success")).userId, user);
    assert.deepEqual(await person.ask("session:join", { sessionId }), { ok: true });
    await person.event("session:joined");
    return person;
  }

  take(name, payload) {
    const at = this.waiting.findIndex((waiting) => waiting.name === name);
    if (at < 0) {
      this.events.push({ name, payload });
    } else {
      this.waiting.splice(at, 1)[0].resolve(payload);
    }
  }

  /** The payload of the first event of this name that nobody asked for yet. */
  event(name) {
    const at = this.events.findIndex((event) => event.name === name);
    if (at >= 0) {
      return Promise.resolve(this.events.splice(at, 1)[0].payload);
    }
    return new Promise((resolve, reject) => {
      const late = new Error(`no ${name} came, but ${JSON.stringify(this.events)}`);
      const timer = setTimeout(() => reject(late), PATIENCE_MS);
      this.waiting.push({
        name,
        resolve: (payload) => {
          clearTimeout(timer);
          resolve(payload);
        },
      });
    });
  }

  /** Sends an event; its acknowledgement. */
  ask(name, payload) {
    return this.socket.timeout(PATIENCE_MS).emitWithAck(name, payload);
  }

  has(name) {
    return this.events.some((event) => event.name === name);
  }
}

/** Clients are closed whatever happens. */
async function withPeople(use) {
  const people = [];
  try {
    await withServer({ ...SECRET, ...UNLIMITED }, (server) =>
      use(server, async (...who) => {
        const person = await Person.joined(server, ...who);
        people.push(person);
        return person;
      }),
    );
  } finally {
    people.forEach((person) => person.socket.close());
  }
}

for (const [way, transports] of Object.entries(WAYS)) {
  test(`two people hear each other as they send, by ${way}`, { timeout: 120_000 }, async () => {
    await withPeople(async (server, join) => {
      const ann = await join("ann", "s", transports);
      const bob = await join("bob", "s", transports);
      const came = await ann.event("user:joined");
      assert.deepEqual([came.userId, typeof came.timestamp], ["bob", "string"]);

      const chunk = { format: "pcm16", sampleRate: 16_000 };
      const count = 50;
      for (let number = 0; number < count; number += 1) {
        const bytes = Buffer.alloc(3200, number);
        const audioData = number % 2 === 0 ? bytes : bytes.toString("base64");
        ann.socket.emit("audio:stream", { ...chunk, audioData, timestamp: number });
      }
      for (let number = 0; number < count; number += 1) {
        const heard = await bob.event("audio:received");
        const { audioData } = heard;
        assert.deepEqual([heard.userId, heard.format, heard.timestamp], ["ann", "pcm16", number]);
        assert.equal(typeof audioData, number % 2 === 0 ? "object" : "string");
        const bytes = Buffer.from(audioData, "base64");
        assert.deepEqual([bytes.length, bytes[0]], [3200, number]);
      }
      assert.ok(!ann.has("audio:received"), "nobody hears themselves");

      assert.deepEqual(await bob.ask("session:status", { status: "recording" }), { ok: true });
      assert.equal((await ann.event("session:status:updated")).status, "recording");
      assert.deepEqual(await bob.ask("session:leave"), { ok: true });
      assert.equal((await bob.event("session:left")).sessionId, "s");
      assert.equal((await ann.event("user:left")).userId, "bob");
      const refused = await bob.ask("audio:stream", { ...chunk, audioData: "AAAA" });
      assert.equal(refused.code, "NOT_JOINED");
      const error = await bob.event("audio:error");
      assert.equal(error.message, "Not connected to any session");
    });
  });
}

test("tokens are taken from header, query and auth, and without one the server sends away", async () => {
  await withServer({ ...SECRET, ...UNLIMITED }, async ({ url, token }) => {
    const good = token("ann");
    const ways = [
      { auth: { token: good } },
      { query: { token: good } },
      { extraHeaders: { Authorization: `Bearer ${good}` } },
    ];
    for (const transports of Object.values(WAYS)) {
      for (const how of ways) {
        const socket = io(`${url}/interview`, { ...how, transports, forceNew: true });
        const [payload] = await socketEvent(socket, "connection:success");
        assert.equal(payload.message, "Connected successfully");
        socket.close();
      }
      for (const how of [{}, { auth: { token: `${good}x` } }, { query: { token: "x" } }]) {
        const socket = io(`${url}/interview`, {
          ...how,
          transports,
          forceNew: true,
          reconnectionDelay: 10,
        });
        const sentAway = socketEvent(socket, "disconnect");
        const [payload] = await socketEvent(socket, "connection:error");
        assert.deepEqual(
          [payload.message, payload.code],
          ["Authentication failed", "UNAUTHORIZED"],
        );
        assert.equal((await sentAway)[0], "io server disconnect");
        assert.equal(socket.active, false, "the client does not come back");
        socket.close();
      }
    }
  });
});

test("who drops is told of after five seconds, and who joins an ended session is refused", {
  timeout: 60_000,
}, async () => {
  await withPeople(async (server, join) => {
    const ann = await join("ann", "s");
    const bob = await join("bob", "s", WAYS.upgrade);
    const cat = await join("cat", "s", WAYS.polling);
    bob.socket.io.engine.close();
    bob.socket.close();
    cat.socket.close();
    const gone = [await ann.event("user:disconnected"), await ann.event("user:disconnected")];
    assert.deepEqual(gone.map(({ userId }) => userId).sort(), ["bob", "cat"]);
    assert.ok(!ann.has("user:left"));
    assert.deepEqual(await ann.ask("session:status", { status: "ended" }), { ok: true });
    assert.equal((await ann.event("session:left")).sessionId, "s");
    const { code, error } = await ann.ask("session:join", { sessionId: "s" });
    assert.deepEqual([code, error], ["SESSION_NOT_FOUND", "Session not found"]);
  });
});

test("who sends too much hears why, by each way, and comes back", { timeout: 60_000 }, async () => {
  await withPeople(async (server, join) => {
    for (const [way, transports] of Object.entries(WAYS)) {
      const ann = await join("ann", "s", transports);
      const order = [];
      ann.socket.onAny((name) => order.push(name));
      ann.socket.on("disconnect", () => order.push("disconnect"));
      const audioData = Buffer.alloc(1_048_577);
      ann.socket.emit("audio:stream", { audioData, format: "pcm16", sampleRate: 16_000 });
      assert.equal((await ann.event("session:error")).code, "MESSAGE_TOO_LARGE", way);
      assert.match(await ann.event("disconnect"), /^transport/, way);
      assert.equal((await ann.event("connection:success")).userId, "ann", way);
      assert.deepEqual(order, ["session:error", "disconnect", "connection:success"], way);
    }
  });
});

test("a server that restarts gets its clients back by themselves", { timeout: 60_000 }, async () => {
  await withPeople(async (server, join) => {
    const ann = await join("ann", "s");
    await server.restart();
    assert.equal((await ann.event("connection:success")).userId, "ann");
    const { ok } = await ann.ask("session:join", { sessionId: "s" });
    assert.ok(ok);
    assert.equal((await ann.event("session:joined")).stats.ownerId, "ann");
  });
});

test("a thousand sockets that join and vanish leave nothing behind", { timeout: 300_000 }, async () => {
  await withServer({ ...SECRET, ...UNLIMITED }, async (server) => {
    const admin = server.token("root", "--role", "admin");
    const stats = async () => {
      const headers = { Authorization: `Bearer ${admin}` };
      return (await fetch(`${server.url}/api/stats`, { headers })).json();
    };
    const tokens = Array.from({ length: 20 }, (_, number) => server.token(`user-${number}`));
    const vanish = async (number) => {
      const transports = Object.values(WAYS)[number % 3];
      const person = new Person(server.url, tokens[number % tokens.length], transports);
      await person.event("connection:success");
      await person.ask("session:join", { sessionId: `room-${number % 40}` });
      person.socket.emit("audio:stream", { audioData: "AAAA", format: "wav", sampleRate: 8000 });
      if (number % 2 === 0) {
        person.socket.io.engine.close();
      }
      person.socket.close();
    };
    for (let batch = 0; batch < 20; batch += 1) {
      await Promise.all(Array.from({ length: 50 }, (_, number) => vanish(batch * 50 + number)));
    }
    // Whoever stopped polling is gone with the heartbeat; rooms are, five seconds later.
    let left;
    for (let second = 0; second < 90; second += 1) {
      left = await stats();
      if (left.connections.total === 0 && left.rooms === 0) {
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    assert.deepEqual([left.connections.total, left.rooms], [0, 0]);
  });
});

function socketEvent(socket, name) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${name} came`)), PATIENCE_MS);
    socket.once(name, (...payload) => {
      clearTimeout(timer);
      resolve(payload);
    });
  });
}
