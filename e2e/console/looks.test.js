// Every page before there is anything on it, and where one signs in, are open to everybody, and nothing on them
// is complained of. What comes onto a page is judged in its own tests.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enterByLink, windowOf, withConsole } from "./browser.js";
import { judge } from "./judge.js";
import { PAGES, ROLE } from "./pages.js";

test("every page is open to everybody, at any size and in both schemes", async (t) => {
  await withConsole(async (server, browser) => {
    await t.test("where one signs in", async () => {
      const page = await windowOf(browser);
      await page.goto(server.url);
      await page.getByLabel("Your name").waitFor();
      await judge(page);
      assert.deepEqual(page.faults, []);
    });
    const page = await enterByLink(browser, server, server.token("ann", "--role", ROLE));
    for (const { name, shows } of PAGES) {
      await t.test(name, async () => {
        await page.getByRole("link", { name, exact: true }).click();
        await shows(page).waitFor();
        await judge(page);
        assert.deepEqual(page.faults, []);
      });
    }
    await t.test("the menu on a telephone", async () => {
      await page.setViewportSize({ width: 390, height: 900 });
      await page.getByRole("button", { name: "Menu" }).click();
      await page.getByRole("link", { name: "Chat", exact: true }).click();
      await page.getByLabel("Say something in default").waitFor();
    });
  });
});
