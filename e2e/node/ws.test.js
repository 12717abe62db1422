// The npm library `ws`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";

import WebSocket from "ws";

import { Client, bearer } from "./client.js";
import { withServer } from "./server.js";

const chat = "/api/chat/ws?contextId=math";

test("two people talk, and typing is told to the other one", async () => {
  await withServer({}, async ({ wsUrl, token }) => {
    const ann = await Client.open(wsUrl + chat, [], bearer(token("ann")));
    const ben = await Client.open(wsUrl + chat, ["bearer", token("ben", "--name", "Ben")]);
    assert.equal(ben.socket.protocol, "bearer");
    ben.send({ type: "typing", data: { isTyping: true } });
    assert.equal((await ann.receive("typing")).data.username, "Ben");
    ben.send({ type: "message", id: "b1", data: { content: "Hi" } });
    assert.equal((await ann.receive("message")).data.author, "ben");
    assert.equal((await ben.receive("message")).id, "b1");
    ann.socket.close(1000);
    ben.socket.close();
    assert.equal((await ann.closed)[0], 1000);
    await ben.closed;
  });
});

test("long messages travel compressed both ways", async () => {
  await withServer({}, async ({ wsUrl, token }) => {
    const ann = await Client.open(wsUrl + chat, [], bearer(token("ann")));
    assert.match(ann.socket.extensions, /permessage-deflate/);
    const content = "again and again ".repeat(3000).trim();
    ann.send({ type: "message", data: { content } });
    assert.equal((await ann.receive("message")).data.content, content);
    ann.socket.terminate();
  });
});

test("a token may come in the first message", async () => {
  await withServer({}, async ({ wsUrl, token }) => {
    const ann = await Client.open(`${wsUrl}/api/chat/ws`);
    ann.send({ type: "auth", token: token("ann"), contextId: "math" });
    const { data } = await ann.receive("authenticated");
    assert.equal(data.userId, "ann");
    assert.equal(data.contextId, "math");
    ann.socket.terminate();
  });
});

test("a person has three connections to sessions, and the fourth is closed", async () => {
  await withServer({}, async ({ wsUrl, token }) => {
    const options = bearer(token("ann"));
    const open = () => Client.open(`${wsUrl}/ws/sessions/any`, [], options);
    const three = [await open(), await open(), await open()];
    const fourth = await open();
    assert.deepEqual(await fourth.closed, [1008, "Too many connections"]);
    three[0].send({ action: "join" });
    assert.equal((await three[0].receive("error")).message, "Session not found");
    three[0].socket.close();
    await three[0].closed;
    const again = await open();
    again.send({ action: "typing" });
    assert.equal((await again.receive("error")).data.code, "NOT_JOINED");
    for (const client of [...three, again]) {
      client.socket.terminate();
    }
  });
});

test("the eleventh connection of a minute is refused with 429", async () => {
  await withServer({}, async ({ wsUrl, token }) => {
    const options = bearer(token("ann"));
    const ten = [];
    for (let count = 0; count < 10; count += 1) {
      ten.push(await Client.open(wsUrl + chat, [], options));
    }
    const eleventh = new WebSocket(wsUrl + chat, [], options);
    eleventh.on("error", () => {});
    const [, response] = await once(eleventh, "unexpected-response");
    assert.equal(response.statusCode, 429);
    assert.ok(Number(response.headers["retry-after"]) > 0);
    response.destroy();
    eleventh.terminate();
    for (const client of ten) {
      client.socket.terminate();
    }
  });
});
