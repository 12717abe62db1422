// Protocol B through a browser's WebSocket interface (npm `ws` has it too), by a client as its users write
// it: handlers named after the messages, coming back by itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import WebSocket from "ws";

import { withServer } from "./server.js";

const RECONNECT_MS = 50;

/** Calls `on<type>` for every message; connects again when the connection was lost. */
class DealsClient {
  constructor(url, token) {
    this.url = `${url}?token=${token}`;
    this.handlers = {};
    this.isWanted = true;
  }

  on(event, handler) {
    this.handlers[event] = handler;
    return this;
  }

  connect() {
    this.socket = new WebSocket(this.url);
    this.socket.onopen = () => this.handlers.onConnect?.();
    this.socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      this.handlers[`on${message.type}`]?.(message);
    };
    this.socket.onclose = () => {
      this.handlers.onDisconnect?.();
      if (this.isWanted) {
        setTimeout(() => this.connect(), RECONNECT_MS);
      }
    };
    this.socket.onerror = () => {};
  }

  send(action, data, requestId) {
    this.socket.send(JSON.stringify({ action, data, requestId }));
  }

  disconnect() {
    this.isWanted = false;
    this.socket.close();
  }
}

/** The next message of a type. */
const next = (client, type) =>
  new Promise((resolve) => client.on(`on${type}`, (message) => resolve(message)));

const connected = (client) =>
  new Promise((resolve) => {
    client.on("onConnect", resolve);
    client.connect();
  });

async function put(url, path, token, body, method = "PUT") {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

const lamp = (price) => ({
  title: "A lamp",
  category: "home",
  merchant: "Lux",
  price,
  originalPrice: 100,
  currency: "EUR",
  url: "https://shop.example/lamp",
});

test("pushes reach the handlers that are named after them", async () => {
  await withServer({}, async ({ url, wsUrl, token }) => {
    const shop = token("shop", "--role", "publisher");
    const ann = new DealsClient(`${wsUrl}/prod`, token("ann"));
    await connected(ann);
    for (const topic of ["new-deals", "price-updates"]) {
      const confirmed = next(ann, "subscriptionConfirmed");
      ann.send("subscribeToDeals", { topic });
      assert.equal((await confirmed).data.topic, topic);
    }
    let told = next(ann, "DealUpdate");
    await put(url, "/api/deals/lamp", shop, lamp(80));
    assert.equal((await told).data.event, "created");
    await put(url, "/api/price-alerts/lamp", token("ann"), { below: 70 });
    const [update, price, alert] = [next(ann, "DealUpdate"), next(ann, "PriceUpdate"), next(ann, "PriceAlert")];
    await put(url, "/api/deals/lamp", shop, lamp(60));
    assert.equal((await update).data.event, "updated");
    assert.deepEqual([(await price).data.oldPrice, (await price).data.newPrice], [80, 60]);
    assert.equal((await alert).data.below, 70);
    const notified = next(ann, "Notification");
    await put(url, "/api/users/ann/notifications", shop, { title: "t", body: "b" }, "POST");
    assert.equal((await notified).data.status, "unread");
    const status = next(ann, "TaskStatus");
    await put(url, "/api/tasks/t-1/status", shop, { userId: "ann", status: "running", progress: 5 });
    assert.equal((await status).data.progress, 5);
    ann.disconnect();
  });
});

test("a client that lost its connection comes back to what it missed", async () => {
  await withServer({}, async ({ url, wsUrl, token }) => {
    const boss = token("boss", "--role", "admin");
    const [ann, ben] = [new DealsClient(`${wsUrl}/dev`, token("ann")), new DealsClient(wsUrl, token("ben"))];
    await connected(ann);
    await connected(ben);
    const lost = new Promise((resolve) => ben.on("onDisconnect", resolve));
    const listed = await (
      await fetch(`${url}/api/connections?userId=ben`, { headers: { Authorization: `Bearer ${boss}` } })
    ).json();
    const heard = next(ben, "ChatMessage");
    const path = `${url}/api/connections/${listed.items[0].connectionId}`;
    await fetch(path, { method: "DELETE", headers: { Authorization: `Bearer ${boss}` } });
    await lost;
    const sent = next(ann, "messageSent");
    ann.send("sendMessage", { recipientId: "ben", content: "are you back?" }, "m-1");
    const { messageId } = (await sent).data;
    assert.equal((await heard).data.messageId, messageId);
    ann.disconnect();
    ben.disconnect();
  });
});
