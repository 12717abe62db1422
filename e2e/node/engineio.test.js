// Engine.IO packet by packet: what the protocol's own test suite asks of a server, with `fetch` and `ws`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import WebSocket from "ws";

import { withExample } from "./example.js";

const interval = 300;
const timeout = 200;
const options = ["--ping-interval-ms", `${interval}`, "--ping-timeout-ms", `${timeout}`];
const withEcho = (use) => withExample("engineio_echo", options, use);
/** The same where no heartbeat comes between. */
const withPatientEcho = (use) => withExample("engineio_echo", [], use);
const separator = "\x1e";

/** A session by polling. */
class Poller {
  static async open(url) {
    const response = await fetch(`${url}/engine.io/?EIO=4&transport=polling`);
    assert.equal(response.status, 200);
    const packet = await response.text();
    assert.equal(packet[0], "0");
    const poller = new Poller();
    poller.handshake = JSON.parse(packet.slice(1));
    const named = `/engine.io/?EIO=4&sid=${poller.handshake.sid}`;
    poller.polling = `${url}${named}&transport=polling`;
    poller.websocket = `${url.replace(/^http/, "ws")}${named}&transport=websocket`;
    return poller;
  }

  poll() {
    return fetch(this.polling);
  }

  /** The packets of the next poll. */
  async packets() {
    const response = await this.poll();
    assert.equal(response.status, 200);
    return (await response.text()).split(separator);
  }

  post(body) {
    return fetch(this.polling, { method: "POST", body });
  }

  async send(...packets) {
    const response = await this.post(packets.join(separator));
    assert.equal(response.status, 200);
    assert.equal(await response.text(), "ok");
  }

  /** Waits until the session is unknown. */
  async ended() {
    const response = await this.poll();
    assert.equal(response.status, 400);
  }
}

/** A WebSocket whose messages wait until they are asked for. */
class Socket {
  static open(address) {
    const socket = new Socket();
    socket.messages = [];
    socket.wake = () => {};
    socket.ws = new WebSocket(address);
    socket.closed = once(socket.ws, "close").then(([code]) => code);
    socket.ws.on("error", () => {});
    socket.ws.on("message", (data, isBinary) => {
      socket.messages.push(isBinary ? [...data] : String(data));
      socket.wake();
    });
    socket.opened = once(socket.ws, "open");
    return socket;
  }

  /** A session of its own, its handshake read. */
  static async session(url) {
    const socket = Socket.open(`${url.replace(/^http/, "ws")}/engine.io/?EIO=4&transport=websocket`);
    const packet = await socket.next();
    assert.equal(packet[0], "0");
    socket.handshake = JSON.parse(packet.slice(1));
    return socket;
  }

  async next() {
    while (this.messages.length === 0) {
      await new Promise((resolve) => (this.wake = resolve));
    }
    return this.messages.shift();
  }
}

/** The status with which a WebSocket is refused. */
async function refused(address) {
  const ws = new WebSocket(address);
  ws.on("error", () => {});
  const [, response] = await once(ws, "unexpected-response");
  response.destroy();
  return response.statusCode;
}

const keys = ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"];

test("a handshake tells the session's terms, by either transport", async () => {
  await withEcho(async (url) => {
    const poller = await Poller.open(url);
    const socket = await Socket.session(url);
    for (const [{ handshake }, upgrades] of [
      [poller, ["websocket"]],
      [socket, []],
    ]) {
      assert.deepEqual(Object.keys(handshake).sort(), keys);
      assert.equal(typeof handshake.sid, "string");
      assert.deepEqual(handshake.upgrades, upgrades);
      assert.equal(handshake.pingInterval, interval);
      assert.equal(handshake.pingTimeout, timeout);
      assert.equal(handshake.maxPayload, 1_000_000);
    }
    socket.ws.close();
  });
});

test("what is no handshake is refused", async () => {
  await withEcho(async (url) => {
    for (const query of ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"]) {
      const response = await fetch(`${url}/engine.io/?${query}`);
      assert.equal(response.status, 400, query);
      assert.deepEqual(Object.keys(await response.json()), ["code", "message"]);
    }
    for (const method of ["POST", "PUT"]) {
      const response = await fetch(`${url}/engine.io/?EIO=4&transport=polling`, { method });
      assert.equal(response.status, 400, method);
    }
    const ws = url.replace(/^http/, "ws");
    for (const query of ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"]) {
      assert.equal(await refused(`${ws}/engine.io/?${query}`), 400, query);
    }
  });
});

test("packets posted come back by polls: one, several, text and binary", async () => {
  await withPatientEcho(async (url) => {
    for (const packets of [["4hello"], ["4one", "4two", "4three"], ["4hello", "bAQIDBA=="]]) {
      const poller = await Poller.open(url);
      await poller.send(...packets);
      const seen = [];
      while (seen.length < packets.length) {
        seen.push(...(await poller.packets()));
      }
      assert.deepEqual(seen, packets);
      await poller.send("1");
    }
  });
});

test("messages come back over a WebSocket, text and binary", async () => {
  await withPatientEcho(async (url) => {
    const socket = await Socket.session(url);
    socket.ws.send("4hello");
    socket.ws.send(Uint8Array.from([1, 2, 3, 4]));
    assert.equal(await socket.next(), "4hello");
    assert.deepEqual(await socket.next(), [1, 2, 3, 4]);
    socket.ws.close();
  });
});

test("what is no packet ends the session", async () => {
  await withPatientEcho(async (url) => {
    const poller = await Poller.open(url);
    assert.equal((await poller.post("abc")).status, 400);
    await poller.ended();
    const socket = await Socket.session(url);
    socket.ws.send("abc");
    assert.equal(await socket.closed, 1002);
  });
});

test("two polls at once end the session", async () => {
  await withPatientEcho(async (url) => {
    const poller = await Poller.open(url);
    const first = poller.packets();
    await sleep(50);
    assert.equal((await poller.poll()).status, 400);
    assert.deepEqual(await first, ["1"]);
    await poller.ended();
  });
});

test("who answers pings stays, by either transport", async () => {
  await withEcho(async (url) => {
    const [poller, socket] = await Promise.all([Poller.open(url), Socket.session(url)]);
    const polled = (async () => {
      for (let count = 0; count < 3; count += 1) {
        assert.deepEqual(await poller.packets(), ["2"]);
        await poller.send("3");
      }
    })();
    for (let count = 0; count < 3; count += 1) {
      assert.equal(await socket.next(), "2");
      socket.ws.send("3");
    }
    await polled;
    socket.ws.close();
    await poller.send("1");
  });
});

test("who answers none is gone after interval and timeout, by either transport", async () => {
  await withEcho(async (url) => {
    const [poller, socket] = await Promise.all([Poller.open(url), Socket.session(url)]);
    await sleep(interval + timeout);
    await poller.ended();
    assert.equal(await socket.closed, 1006);
  });
});

test("a client's close ends the session, and the poll that waits with nothing", async () => {
  await withPatientEcho(async (url) => {
    const poller = await Poller.open(url);
    const [packets] = await Promise.all([poller.packets(), poller.send("1")]);
    assert.deepEqual(packets, ["6"]);
    await poller.ended();
    const socket = await Socket.session(url);
    socket.ws.send("1");
    assert.equal(await socket.closed, 1000);
  });
});

test("a session goes on over a WebSocket, and is nowhere else then", async () => {
  await withPatientEcho(async (url) => {
    const poller = await Poller.open(url);
    const socket = Socket.open(poller.websocket);
    await socket.opened;
    socket.ws.send("2probe");
    assert.equal(await socket.next(), "3probe");
    assert.deepEqual(await poller.packets(), ["6"]);
    socket.ws.send("5");
    socket.ws.send("4hello");
    assert.equal(await socket.next(), "4hello");
    await poller.ended();
    const second = Socket.open(poller.websocket);
    assert.equal(await second.closed, 1008);
    socket.ws.send("4still here");
    assert.equal(await socket.next(), "4still here");
    socket.ws.close();
  });
});

test("an upgrade may come in one breath", async () => {
  await withPatientEcho(async (url) => {
    const poller = await Poller.open(url);
    const socket = Socket.open(poller.websocket);
    await socket.opened;
    socket.ws.send("2probe");
    socket.ws.send("5");
    await poller.ended();
    socket.ws.send("4hello");
    assert.equal(await socket.next(), "3probe");
    assert.equal(await socket.next(), "4hello");
    socket.ws.close();
  });
});

test("an upgrade that the client gives up leaves the session polling", async () => {
  await withPatientEcho(async (url) => {
    const poller = await Poller.open(url);
    const socket = Socket.open(poller.websocket);
    await socket.opened;
    socket.ws.send("2probe");
    assert.equal(await socket.next(), "3probe");
    socket.ws.close();
    await socket.closed;
    await poller.send("4hello");
    let packets = ["6"];
    while (packets[0] === "6") {
      packets = await poller.packets();
    }
    assert.deepEqual(packets, ["4hello"]);
    await poller.send("1");
  });
});
