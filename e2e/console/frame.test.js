// What holds around every page: its name in the window, the strip that says what is wrong, ways that lead nowhere,
// and what the keyboard reaches.

import assert from "node:assert/strict";
import { test } from "node:test";

import { enter, enterByLink, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";

test("the window bears the page's name, and a way that leads nowhere says so", async () => {
  await withConsole(async (server, browser) => {
    const page = await enter(browser, server, "Ann", "/chat/math");
    await titled(page, "math – Chat – Quintet");
    await page.getByRole("link", { name: "Deals", exact: true }).click();
    await titled(page, "Deals – Quintet");
    await page.goBack();
    await titled(page, "math – Chat – Quintet");
    assert.equal(await page.getByRole("link", { name: "Chat", exact: true }).getAttribute("aria-current"), "page");

    await page.goto(`${server.url}/#/nowhere`);
    await page.getByText("There is no such page").waitFor();
    await judge(page);
    await page.goto(`${server.url}/#/server`);
    await page.getByText("Server is not open to you").waitFor();
    await judge(page);
    assert.deepEqual(page.faults, []);
  });
});

test("a server that is away is told of once, and is back when it is called", async () => {
  await withConsole(async (server, browser) => {
    const page = await enter(browser, server, "Ann", "/deals");
    await page.getByRole("main").getByRole("status", { name: "live:" }).waitFor();
    const strip = page.getByRole("banner").getByRole("status").filter({ hasText: "The server is away." });
    await server.restart(async () => {
      await strip.waitFor();
      await judge(page);
    });
    await page.getByRole("button", { name: "Try now" }).click({ timeout: 2_000 }).catch(() => {});
    await strip.waitFor({ state: "detached" });
    await page.getByRole("main").getByRole("status", { name: "live:" }).waitFor();
  });
});

test("a token that is taken no longer is told of on every page, with the way to another one", async () => {
  await withConsole(async (server, browser) => {
    const page = await enterByLink(browser, server, server.token("ann", "--ttl", "5s"));
    await page.getByText("Your token has expired.").waitFor();
    await judge(page);
    await page.getByRole("button", { name: "Sign in again" }).click();
    await page.getByLabel("Your name").waitFor();
  });
});

test("the menu of a telephone opens and closes by keyboard, and what lies under it is out of reach", async () => {
  await withConsole(async (server, browser) => {
    const page = await enter(browser, server, "Ann", "/deals", { viewport: { width: 390, height: 800 } });
    const entry = page.getByRole("link", { name: "Chat", exact: true });
    const menu = page.getByRole("button", { name: "Menu" });
    await reaches(entry, false);
    await menu.press("Enter");
    await reaches(entry, true);
    await reaches(page.getByRole("combobox", { name: "Category" }), false);
    await menu.focus();
    await page.keyboard.press("Escape");
    await reaches(entry, false);
    await reaches(page.getByRole("combobox", { name: "Category" }), true);
    await menu.press("Enter");
    await page.keyboard.press("Escape");
    assert.ok(await menu.evaluate((element) => element === element.ownerDocument.activeElement));
    assert.equal(await menu.getAttribute("aria-expanded"), "false");
    assert.deepEqual(page.faults, []);
  });
});

const titled = (page, title) => until(() => page.title(), (now) => now === title, "the window has another title");

/** Whether the keyboard can get there. */
const reaches = (place, isWanted) =>
  until(
    () =>
      place.evaluate((element) => {
        element.focus();
        return element === element.ownerDocument.activeElement;
      }),
    (is) => is === isWanted,
    isWanted ? "it is out of reach" : "it is in reach",
  );
