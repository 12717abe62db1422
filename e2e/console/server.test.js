// What an administrator sees of the server, and does to somebody's connection.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enter, enterByLink, until, withConsole } from "./browser.js";
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
    await ends.getByRole("row", { name: /^learning 1000/ }).waitFor();
    // The page of who was sent away comes back by itself.
    await ben.getByRole("status", { name: "live:" }).waitFor();
    assert.deepEqual(admin.faults, []);
  });
});

test("a hidden page asks for nothing", async () => {
  await withConsole(async (server, browser) => {
    const admin = await enterByLink(browser, server, server.token("admin", "--role", "admin"));
    let asked = 0;
    admin.on("request", (request) => {
      if (new URL(request.url()).pathname === "/api/stats") asked += 1;
    });
    await admin.getByRole("link", { name: "Server" }).click();
    await until(() => asked, (count) => count >= 3, "it does not ask anew");
    await admin.evaluate(() => {
      Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await admin.waitForTimeout(3_000);
    const before = asked;
    await admin.waitForTimeout(5_000);
    assert.equal(asked, before);
  });
});
