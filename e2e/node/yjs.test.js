// The npm libraries `yjs` and `y-websocket`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import WebSocket from "ws";
import * as Y from "yjs";
import { WebsocketProvider } from "y-websocket";

import { withServer } from "./server.js";

// Each client of this file connects from one address.
const settings = { QUINTET_LIMITS__LEARNING__CONNECTS_PER_MINUTE: "0" };

/** Somebody who writes: a document with its provider, which reconnects by itself. */
class Writer {
  constructor(wsUrl, token, room = "plan") {
    this.doc = new Y.Doc();
    this.text = this.doc.getText("text");
    this.provider = new WebsocketProvider(`${wsUrl}/api/collaboration/yjs`, room, this.doc, {
      WebSocketPolyfill: WebSocket,
      params: { token },
      disableBc: true,
      maxBackoffTime: 200,
    });
    this.closes = [];
    this.provider.on("connection-close", (event) => event && this.closes.push(event));
  }

  static async open(...options) {
    const writer = new Writer(...options);
    await writer.until(() => writer.provider.synced);
    return writer;
  }

  /** Waits until it holds, looking again whenever something came. */
  async until(holds) {
    for (let looked = 0; !holds(); looked += 1) {
      assert.ok(looked < 1500, "it came in time");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async reads(text) {
    await this.until(() => this.text.toString() === text);
  }

  end() {
    this.provider.destroy();
    this.doc.destroy();
  }
}

test("two people write in one document, and what they wrote offline merges", async () => {
  await withServer(settings, async ({ wsUrl, token }) => {
    const ann = await Writer.open(wsUrl, token("ann"));
    const ben = await Writer.open(wsUrl, token("ben"));
    ann.text.insert(0, "Grüße, 🌍\r\n");
    await ben.reads("Grüße, 🌍\r\n");
    ben.text.format(0, 5, { bold: true });
    ben.doc.getMap("map").set("list", new Y.Array());
    await ann.until(() => ann.doc.getMap("map").has("list"));
    ann.doc.getMap("map").get("list").push([1, { deep: [true, null] }]);
    await ben.until(() => ben.doc.getMap("map").get("list").length === 2);
    assert.deepEqual(ann.text.toDelta(), ben.text.toDelta());

    ann.provider.disconnect();
    ben.provider.disconnect();
    ann.text.insert(0, "Ann alone. ");
    ben.text.insert(ben.text.length, "Ben alone.");
    ben.text.delete(0, 7);
    ann.provider.connect();
    ben.provider.connect();
    await ann.reads("Ann alone. 🌍\r\nBen alone.");
    await ben.reads("Ann alone. 🌍\r\nBen alone.");
    const late = await Writer.open(wsUrl, token("cem"));
    assert.equal(late.text.toString(), ann.text.toString());
    assert.deepEqual(Y.encodeStateVector(late.doc).length, Y.encodeStateVector(ann.doc).length);
    for (const writer of [ann, ben, late]) writer.end();
  });
});

test("people see where the others are, and when they are gone", async () => {
  await withServer(settings, async ({ wsUrl, token }) => {
    const ann = await Writer.open(wsUrl, token("ann"));
    const ben = await Writer.open(wsUrl, token("ben"));
    const states = () => ben.provider.awareness.getStates();
    ann.provider.awareness.setLocalStateField("user", { name: "Ann", cursor: 0 });
    await ben.until(() => states().get(ann.doc.clientID)?.user.name === "Ann");
    for (let cursor = 1; cursor <= 200; cursor += 1) {
      ann.provider.awareness.setLocalStateField("user", { name: "Ann", cursor });
    }
    await ben.until(() => states().get(ann.doc.clientID)?.user.cursor === 200);
    // A connection that is lost, and the same client back at once.
    const gone = new Promise((resolve) => {
      ben.provider.awareness.on("change", ({ removed }) => {
        if (removed.includes(ann.doc.clientID)) resolve();
      });
    });
    ann.provider.ws.terminate();
    await gone;
    await ben.until(() => states().get(ann.doc.clientID)?.user.cursor === 200);
    const late = await Writer.open(wsUrl, token("cem"));
    await late.until(() => late.provider.awareness.getStates().has(ann.doc.clientID));
    ann.end();
    await ben.until(() => !states().has(ann.doc.clientID));
    for (const writer of [ben, late]) writer.end();
  });
});

test("a server that was killed comes back with everything, and its clients by themselves", async () => {
  await withServer(settings, async ({ wsUrl, token, restart }) => {
    const writers = [];
    for (const name of ["ann", "ben", "cem"]) writers.push(await Writer.open(wsUrl, token(name)));
    const type = () => writers.forEach((writer, n) => writer.text.insert(0, `${n}`));
    for (let round = 0; round < 50; round += 1) {
      type();
      if (round % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const restarted = restart();
    for (let round = 0; round < 50; round += 1) type();
    await restarted;
    const [ann, ben, cem] = writers;
    await ann.until(() => ann.text.length === 300);
    await ben.reads(ann.text.toString());
    await cem.reads(ann.text.toString());
    const late = await Writer.open(wsUrl, token("dan"));
    assert.equal(late.text.toString(), ann.text.toString());
    for (const writer of [...writers, late]) writer.end();
  });
});

test("a bad token, and an update that is none, end their connection and nobody else's", async () => {
  await withServer(settings, async ({ wsUrl, token }) => {
    const stranger = new Writer(wsUrl, "no token");
    await stranger.until(() => stranger.closes.length > 0);
    assert.equal(stranger.closes[0].code, 1008);
    assert.equal(stranger.closes[0].reason, "Unauthorized");
    stranger.end();

    const ann = await Writer.open(wsUrl, token("ann"));
    const mallory = new WebSocket(`${wsUrl}/api/collaboration/yjs/plan?token=${token("mallory")}`);
    await once(mallory, "open");
    mallory.send(Buffer.from([0, 2, 5, 0xc2, 0xf7, 0xba, 0x6b, 0x2b]));
    const [code, reason] = await once(mallory, "close");
    assert.deepEqual([code, String(reason)], [1003, "Invalid update"]);
    ann.text.insert(0, "still here");
    const ben = await Writer.open(wsUrl, token("ben"));
    await ben.reads("still here");
    assert.equal(ann.closes.length, 0);
    for (const writer of [ann, ben]) writer.end();
  });
});
