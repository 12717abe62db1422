// Who gets in, how, and how long they stay.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enter, enterByLink, windowOf, withConsole } from "./browser.js";

test("somebody comes by a token, by a link with one, and by name where a server allows it", async (t) => {
  await t.test("by a link, whose token does not stay in the address", async () => {
    await withConsole(async (server, browser) => {
      const page = await enterByLink(browser, server, server.token("ann", "--name", "Ann"));
      await page.getByRole("button", { name: "Signed in as Ann" }).waitFor();
      assert.ok(!page.url().includes("token"), page.url());
      await page.reload();
      await page.getByRole("button", { name: "Signed in as Ann" }).waitFor();
      assert.deepEqual(page.faults, []);
    });
  });
  await t.test("by a token, where a name is not enough", async () => {
    await withConsole(
      async (server, browser) => {
        const page = await windowOf(browser);
        await page.goto(server.url);
        const box = page.getByLabel("Your token");
        await box.fill("no token");
        await page.getByRole("button", { name: "Sign in with it" }).click();
        await page.getByRole("alert").filter({ hasText: "This is no token" }).waitFor();
        assert.equal(await page.getByLabel("Your name").count(), 0);
        await box.fill(server.token("ann", "--name", "Ann"));
        await box.press("Enter");
        await page.getByRole("button", { name: "Signed in as Ann" }).waitFor();
        assert.deepEqual(page.faults, []);
      },
      { flags: [] },
    );
  });
});

test("a link that signs in does so in a tab that shows the console already, too", async () => {
  await withConsole(async (server, browser) => {
    const page = await enter(browser, server, "Ben", "/chat/physics");
    await page.evaluate((fragment) => location.assign(fragment), `#token=${server.token("ann", "--name", "Ann")}`);
    await page.getByRole("button", { name: "Signed in as Ann" }).waitFor();
    assert.doesNotMatch(page.url(), /token/, "it is nowhere in the address");
    await page.goBack();
    assert.doesNotMatch(page.url(), /token/);
    await page.getByRole("button", { name: "Signed in as Ann" }).waitFor();
    assert.deepEqual(page.faults, []);
  });
});

test("a token that runs out says so, and who signed in by name gets another", async (t) => {
  await t.test("by a link: the page says that the token has expired", async () => {
    await withConsole(async (server, browser) => {
      const page = await enterByLink(browser, server, server.token("ann", "--ttl", "5s"));
      await page.getByRole("link", { name: "Chat" }).click();
      await page.getByRole("status", { name: "Token expired" }).waitFor();
    });
  });
  await t.test("by name: nobody notices", async () => {
    const env = { QUINTET_AUTH__EXPIRES_IN: "3s" };
    await withConsole(
      async (server, browser) => {
        const page = await windowOf(browser);
        await page.goto(`${server.url}/#/chat`);
        await page.getByLabel("Your name").fill("Ann");
        await page.getByLabel("Your name").press("Enter");
        await page.getByRole("status", { name: "live:" }).waitFor();
        const first = await tokenOf(page);
        await page.waitForFunction(
          (old) => !sessionStorage.getItem("quintet.sign-in")?.includes(old),
          first,
        );
        await page.getByLabel("Say something in default").fill("Still here");
        await page.getByLabel("Say something in default").press("Enter");
        await page.getByRole("log").getByText("Still here").waitFor();
        await page.getByRole("status", { name: "live:" }).waitFor();
      },
      { env },
    );
  });
});

test("with the keyboard alone somebody signs in, says something and signs out", async () => {
  await withConsole(async (server, browser) => {
    const page = await windowOf(browser);
    await page.goto(server.url);
    await page.getByLabel("Your name").waitFor();
    await page.keyboard.type("Ann");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Signed in as Ann" }).waitFor();
    await reach(page, "Chat");
    await page.keyboard.press("Enter");
    await page.getByLabel("Say something in default").waitFor();
    await reach(page, "Say something in default");
    await page.keyboard.type("With no mouse");
    await page.keyboard.press("Enter");
    await page.getByRole("log").getByText("With no mouse").waitFor();
    await reach(page, "Signed in as Ann", "Shift+Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Sign out" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByLabel("Your name").waitFor();
    assert.equal(await tokenOf(page), undefined);
    assert.deepEqual(page.faults, []);
  });
});

/** Goes on from where the focus is, until it is on what has that name; no page is longer than 60 stops. */
async function reach(page, name, key = "Tab") {
  const passed = [];
  for (let stops = 0; stops < 60; stops += 1) {
    const here = await page.evaluate(() => {
      const { activeElement: at } = document;
      return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
    });
    if (here.startsWith(name)) return;
    passed.push(here);
    await page.keyboard.press(key);
  }
  assert.fail(`${key} does not lead to ${name}, but to ${JSON.stringify(passed)}`);
}

const tokenOf = (page) =>
  page.evaluate(() => {
    const kept = sessionStorage.getItem("quintet.sign-in");
    return kept === null ? undefined : JSON.parse(kept).token;
  });
