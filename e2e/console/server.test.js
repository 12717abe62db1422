// What an administrator sees of the server, and does to somebody's connection.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, cut, enter, enterByLink, lineTo, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";

test("an administrator sees who is connected, and ends a connection after a question", async () => {
  await withConsole(async (server, browser) => {
    const ben = await enter(browser, server, "Ben", "/chat/physics");
    await ben.getByRole("status", { name: "live:" }).waitFor();
    assert.equal(await ben.getByRole("link", { name: "Server" }).count(), 0);

    const token = server.token("admin", "--role", "admin");
    const admin = await enterByLink(browser, server, token);
    await admin.getByRole("link", { name: "Server" }).click();
    const rows = admin.getByRole("table", { name: "Connections", exact: true }).getByRole("row");
    await rows.filter({ hasText: "Ben" }).filter({ hasText: "learning" }).waitFor();
    await admin.getByRole("img", { name: /^Connections, open now: [1-9]/ }).waitFor();
    await admin.getByRole("img", { name: /^Messages, received a second: [\d.]+ now/ }).waitFor();
    const limits = admin.getByRole("table", { name: "Limits in force" });
    await limits.getByRole("row", { name: /^Size of a message/ }).waitFor();

    await admin.getByLabel("User", { exact: true }).fill("nobody of that name");
    await admin.getByText("Nobody is connected who meets this.").waitFor();
    await admin.getByLabel("User", { exact: true }).fill("Ben");
    await admin.getByLabel("Room", { exact: true }).fill("chat:physics");
    await until(() => rows.count(), (count) => count === 2, "the list is not of Ben's chat alone");

    const button = admin.getByRole("button", { name: "Disconnect Ben from learning" });
    const since = await rows.nth(1).locator("time").getAttribute("datetime");
    await button.click();
    const question = admin.getByRole("dialog", { name: "Disconnect?" });
    await question.waitFor();
    await judge(admin);
    await question.getByRole("button", { name: "Keep it" }).click();
    await question.waitFor({ state: "detached" });
    assert.equal(await rows.nth(1).locator("time").getAttribute("datetime"), since);
    await button.click();
    await question.getByRole("button", { name: "Disconnect" }).click();
    await admin.getByText("Ben was disconnected.").waitFor();
    const ends = admin.getByRole("table", { name: "How connections ended" });
    await ends.getByRole("row", { name: /^learning 1000\s*Disconnected by administrator/ }).waitFor();
    // The page of who was sent away comes back by itself.
    await ben.getByRole("status", { name: "live:" }).waitFor();
    assert.deepEqual(admin.faults, []);
  });
});

test("the page of a server that was killed, or is out of reach, is live again by itself", async () => {
  await withConsole(async (server, browser) => {
    const line = await lineTo(server);
    const ben = await enter(browser, server, "Ben", "/chat/physics");
    const admin = await enterByLink(browser, line, server.token("admin", "--role", "admin"));
    await admin.getByRole("link", { name: "Server" }).click();
    const bens = admin.getByRole("button", { name: "Disconnect Ben from learning" });
    const since = admin.getByRole("row").filter({ has: bens }).locator("time");
    await bens.waitFor();
    const before = await since.getAttribute("datetime");

    await server.restart(() => admin.getByRole("banner").getByText("The server is away.").waitFor());
    await until(() => since.getAttribute("datetime"), (now) => now > before, "it is the connection of before");
    assert.equal(await bens.count(), 1);
    await admin.getByText("The server is away.").first().waitFor({ state: "detached" });

    const other = await enter(browser, server, "Cem", "/chat/physics");
    await admin.getByRole("button", { name: "Disconnect Cem from learning" }).waitFor();
    await cut(admin, line, async () => {
      await admin.getByText("You are offline.").waitFor();
      await other.close();
      await ben.getByRole("link", { name: "Agents" }).click();
    });
    await bens.waitFor({ state: "detached" });
    await admin.getByRole("button", { name: "Disconnect Cem from learning" }).waitFor({ state: "detached" });
    // What is shown is what the server says.
    const token = server.token("admin", "--role", "admin");
    const { items } = await ask(server, token, "GET", "/api/connections");
    const rows = admin.getByRole("table", { name: "Connections", exact: true }).locator("tbody tr");
    await until(() => rows.count(), (count) => count === items.length, `not ${items.length} are shown`);
  });
});

test("a hidden page asks for nothing", async () => {
  await withConsole(async (server, browser) => {
    const admin = await enterByLink(browser, server, server.token("admin", "--role", "admin"));
    let asked = 0;
    admin.on("request", (request) => {
      if (new URL(request.url()).pathname === "/api/stats") asked += 1;
    });
    await admin.clock.install();
    await admin.reload();
    await admin.getByRole("link", { name: "Server" }).click();
    await until(() => asked, (count) => count >= 2, "it does not ask anew");
    await isSeen(admin, false);
    // What was on its way has come back.
    await admin.clock.runFor("00:10");
    const before = asked;
    await admin.clock.runFor("01:00");
    assert.equal(asked, before);
    await isSeen(admin, true);
    await admin.clock.runFor("00:10");
    await until(() => asked, (count) => count > before, "it asks no more");
  });
});

const isSeen = (page, is) =>
  page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, is ? "visible" : "hidden");

test("who signs in by name is no administrator and no publisher, whatever name they choose", async () => {
  await withConsole(async (server) => {
    for (const name of ["admin", "publisher"]) {
      const signIn = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ name }) };
      const { token } = await (await fetch(`${server.url}/api/dev/sign-in`, signIn)).json();
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const status = async (path, more) => (await fetch(server.url + path, { headers, ...more })).status;
      assert.equal(await status("/api/deals"), 200);
      assert.equal(await status("/api/stats"), 403);
      assert.equal(await status("/api/connections"), 403);
      const deal = JSON.stringify({ title: "Lamp", price: 1, currency: "EUR" });
      assert.equal(await status("/api/deals/lamp", { method: "PUT", body: deal }), 403);
    }
  });
});
