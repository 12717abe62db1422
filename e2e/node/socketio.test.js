// Socket.IO: the protocol packet by packet, as its own test suite has it, and then the public client
// `socket.io-client`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import { io } from "socket.io-client";
import WebSocket from "ws";

import { withExample } from "./example.js";

const heartbeat = (interval, timeout) => [
  "--ping-interval-ms",
  String(interval),
  "--ping-timeout-ms",
  String(timeout),
];
const withEcho = (use, options = []) => withExample("socketio_echo", options, use);

/** An Engine.IO connection by WebSocket whose packets wait until they are asked for. */
class Raw {
  static async open(url) {
    const raw = new Raw();
    const address = `${url.replace(/^http/, "ws")}/socket.io/?EIO=4&transport=websocket`;
    raw.socket = new WebSocket(address);
    raw.packets = [];
    raw.pings = 0;
    raw.wake = () => {};
    raw.socket.on("message", (data, isBinary) => {
      const packet = isBinary ? [...data] : String(data);
      if (packet === "2") {
        raw.pings += 1;
        raw.socket.send("3");
      } else {
        raw.packets.push(packet);
      }
      raw.wake();
    });
    raw.closed = once(raw.socket, "close").then(([code]) => code);
    const opened = await raw.next();
    assert.equal(opened[0], "0");
    raw.opened = JSON.parse(opened.slice(1));
    return raw;
  }

  /** A connection that entered the main namespace. */
  static async greeted(url) {
    const raw = await Raw.open(url);
    raw.send("40");
    await raw.next();
    await raw.next();
    return raw;
  }

  send(packet) {
    this.socket.send(packet);
  }

  async next() {
    while (this.packets.length === 0) {
      await new Promise((resolve) => {
        this.wake = resolve;
      });
    }
    return this.packets.shift();
  }

  async pinged() {
    const before = this.pings;
    while (this.pings === before) {
      await new Promise((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

test("a client enters namespaces, with and without something to show", async () => {
  await withEcho(async (url) => {
    for (const [sent, begins, auth] of [
      ["40", "40", '42["auth",{}]'],
      ['40{"token":"123"}', "40", '42["auth",{"token":"123"}]'],
      ["40/custom,", "40/custom,", '42/custom,["auth",{}]'],
      ['40/custom,{"token":"abc"}', "40/custom,", '42/custom,["auth",{"token":"abc"}]'],
    ]) {
      const raw = await Raw.open(url);
      assert.deepEqual(Object.keys(raw.opened).sort(), [
        "maxPayload",
        "pingInterval",
        "pingTimeout",
        "sid",
        "upgrades",
      ]);
      raw.send(sent);
      const answer = await raw.next();
      assert.ok(answer.startsWith(begins), answer);
      const handshake = JSON.parse(answer.slice(begins.length));
      assert.deepEqual(Object.keys(handshake), ["sid"]);
      assert.equal(typeof handshake.sid, "string");
      assert.notEqual(handshake.sid, raw.opened.sid);
      assert.equal(await raw.next(), auth);
      raw.socket.terminate();
    }
  });
});

test("what is no way in is refused, or closed", async () => {
  const options = ["--connect-timeout-ms", "500"];
  await withEcho(async (url) => {
    const lost = await Raw.open(url);
    lost.send("40/random");
    assert.equal(await lost.next(), '44/random,{"message":"Invalid namespace"}');
    const garbled = await Raw.open(url);
    garbled.send("4abc");
    await garbled.closed;
    const silent = await Raw.open(url);
    await silent.closed;
    await lost.closed;
  }, options);
});

test("a client leaves a namespace, and its connection lives on", async () => {
  await withEcho(
    async (url) => {
      const raw = await Raw.greeted(url);
      raw.send("40/custom");
      await raw.next();
      await raw.next();
      raw.send("41/custom");
      raw.send('42["message","to the main namespace"]');
      assert.equal(await raw.next(), '42["message-back","to the main namespace"]');
      raw.send("41");
      await raw.pinged();
      await raw.pinged();
      assert.deepEqual(raw.packets, []);
      raw.socket.terminate();
    },
    heartbeat(300, 2000),
  );
});

test("events come back, with acknowledgements and attachments", async () => {
  await withEcho(async (url) => {
    const raw = await Raw.greeted(url);
    raw.send('42["message",1,"2",{"3":[true]}]');
    assert.equal(await raw.next(), '42["message-back",1,"2",{"3":[true]}]');
    raw.send('42456["message-with-ack",1,"2",{"3":[false]}]');
    assert.equal(await raw.next(), '43456[1,"2",{"3":[false]}]');
    const places = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
    for (const [sent, back] of [
      [`452-["message",${places}]`, `452-["message-back",${places}]`],
      [`452-789["message-with-ack",${places}]`, `462-789[${places}]`],
    ]) {
      raw.send(sent);
      raw.send(Uint8Array.from([1, 2, 3]));
      raw.send(Uint8Array.from([4, 5, 6]));
      assert.equal(await raw.next(), back);
      assert.deepEqual(await raw.next(), [1, 2, 3]);
      assert.deepEqual(await raw.next(), [4, 5, 6]);
    }
    raw.socket.terminate();
  });
});

test("packets that are out of order close the connection, whatever they are made to do", async () => {
  await withEcho(async (url) => {
    const one = Uint8Array.from([1]);
    const placed = (num) => [`451-["message",{"_placeholder":true,"num":${num}}]`, one];
    const attacks = [
      ["4abc"],
      ["42{}"],
      ['42abc["message-with-ack",1,"2",{"3":[false]}]'],
      ['42["disconnect"]'],
      ['42/custom,["message"]'],
      ["40"],
      ['451000000000-["message"]'],
      ['450-["message"]'],
      ['45-["message"]'],
      ['452-["message"]', one, '42["message"]'],
      [one],
      placed(-1),
      placed('"splice"'),
      placed("1e9"),
      placed(1),
      placed("null"),
      [`40/${"x".repeat(65536)}`],
      ['42184467440737095516160["message-with-ack"]'],
      ['44{"message":"no"}'],
    ];
    for (const packets of attacks) {
      const raw = await Raw.greeted(url);
      packets.forEach((packet) => raw.send(packet));
      assert.equal(await raw.closed, 1002, String(packets[0]).slice(0, 60));
      assert.deepEqual(raw.packets, []);
    }
    const raw = await Raw.greeted(url);
    raw.send('42["message","it goes on"]');
    assert.equal(await raw.next(), '42["message-back","it goes on"]');
    raw.socket.terminate();
  });
});

/** The ways in which the public client connects. */
const ways = {
  websocket: ["websocket"],
  polling: ["polling"],
  "polling, then websocket": ["polling", "websocket"],
};

/** The next event of a name, with its arguments. */
const next = (socket, name) => new Promise((resolve) => socket.once(name, (...all) => resolve(all)));

for (const [way, transports] of Object.entries(ways)) {
  const connect = (url, options = {}) => io(url, { transports, forceNew: true, ...options });

  test(`socket.io-client by ${way}: events, acknowledgements, bytes`, async () => {
    await withEcho(
      async (url) => {
        const socket = connect(`${url}/custom`, { auth: { token: "abc" } });
        assert.deepEqual(await next(socket, "auth"), [{ token: "abc" }]);
        const back = next(socket, "message-back");
        socket.emit("message", 1, "two", { three: [Buffer.from([1, 2, 3]), null] }, Buffer.from("é"));
        assert.deepEqual(await back, [
          1,
          "two",
          { three: [Buffer.from([1, 2, 3]), null] },
          Buffer.from("é"),
        ]);
        const long = "a long text ".repeat(10_000);
        assert.equal(await socket.emitWithAck("message-with-ack", long), long);
        const bytes = Buffer.alloc(300_000, 7);
        assert.deepEqual(await socket.emitWithAck("message-with-ack", bytes), bytes);
        const many = Array.from({ length: 1000 }, (_, number) =>
          socket.emitWithAck("message-with-ack", { number, bytes: Buffer.from([number]) }),
        );
        for (const [number, answer] of (await Promise.all(many)).entries()) {
          assert.deepEqual(answer, { number, bytes: Buffer.from([number]) });
        }
        socket.disconnect();
      },
      heartbeat(200, 5000),
    );
  });

  test(`socket.io-client by ${way}: two namespaces on one connection, and one that is not there`, async () => {
    await withEcho(async (url) => {
      const main = connect(url, { autoConnect: false });
      const custom = main.io.socket("/custom");
      const random = main.io.socket("/random");
      const refused = next(random, "connect_error");
      const greeted = [next(main, "auth"), next(custom, "auth")];
      [main, custom, random].forEach((socket) => socket.connect());
      await Promise.all(greeted);
      assert.equal((await refused)[0].message, "Invalid namespace");
      assert.notEqual(main.id, custom.id);
      custom.disconnect();
      assert.equal(await main.emitWithAck("message-with-ack", "still here"), "still here");
      custom.connect();
      await next(custom, "auth");
      const left = next(custom, "disconnect");
      custom.emit("leave");
      assert.equal((await left)[0], "io server disconnect");
      assert.equal(custom.active, false, "whom the server sends away does not come back");
      assert.equal(await main.emitWithAck("message-with-ack", 1), 1);
      main.disconnect();
    });
  });

  test(`socket.io-client by ${way}: whoever is cut off comes back by itself`, async () => {
    await withEcho(async (url) => {
      const socket = connect(url, { reconnectionDelay: 50, reconnectionDelayMax: 100 });
      await next(socket, "auth");
      const [first, lost] = [socket.id, next(socket, "disconnect")];
      socket.io.engine.write("abc");
      await lost;
      await next(socket, "auth");
      assert.notEqual(socket.id, first);
      assert.equal(await socket.emitWithAck("message-with-ack", "back"), "back");
      socket.disconnect();
    });
  });
}
