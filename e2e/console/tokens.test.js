// Tokens run out while people are on every page: who signed in by name gets others, and goes on.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, enter, signIn, until, windowOf, withConsole } from "./browser.js";

/** Longer than a connection has to hold to count as one that works. */
const env = { QUINTET_AUTH__EXPIRES_IN: "15s" };

test("tokens run out on every page, and nobody notices", async (t) => {
  await withConsole(
    async (server, browser) => {
      const wanted = { type: "context", title: "Notes", open: true };
      const { id } = await ask(server, server.token("Ann"), "POST", "/api/sessions", wanted);
      const pages = {};
      for (const [name, path] of Object.entries(PLACES(id))) {
        const page = await windowOf(browser);
        page.renewals = renewalsOf(page);
        pages[name] = await signIn(page, server, "Ann", path);
      }
      const ben = await enter(browser, server, "Ben", "/chat");
      // A list of analyses has no connection of its own.
      const { Analyses: _list, ...others } = pages;
      for (const page of Object.values(others)) await live(page);

      await t.test("each connection gets another token, in its place or with another connection", async () => {
        for (const [name, page] of Object.entries(pages)) {
          await until(() => page.renewals.count, (count) => count > 0, `${name} is still what it was`);
        }
        for (const page of Object.values(others)) await live(page);
      });
      for (const [name, goesOn] of Object.entries(JOURNEYS)) {
        await t.test(`${name} goes on`, () => goesOn(pages[name], { server, ben, id }));
      }
      for (const page of Object.values(pages)) {
        assert.equal(await page.getByRole("button", { name: "Sign in again" }).count(), 0);
      }
    },
    { env },
  );
});

const PLACES = (session) => ({
  Analyses: "/analyses",
  Interview: "/interview",
  Deals: "/deals",
  Chat: "/chat",
  Class: "/class/math/essay",
  Voice: "/voice/talk",
  Agents: `/agents/${session}`,
});

const JOURNEYS = {
  Analyses: async (page) => {
    await page.getByLabel("Repository").fill("https://elsewhere.example/a/b");
    await page.getByRole("button", { name: "Analyse", exact: true }).click();
    // It was asked, and by somebody it knows.
    await page.getByRole("alert").filter({ hasText: "elsewhere.example" }).waitFor();
  },
  Interview: (page) => page.getByText("No analysis of yours is complete").waitFor(),
  Deals: async (page, { server }) => {
    const deal = { title: "Lamp", price: 60, originalPrice: 100, currency: "EUR" };
    const more = { category: "home", merchant: "Lux", url: "https://shop.example/lamp" };
    const shop = server.token("shop", "--role", "publisher");
    await ask(server, shop, "PUT", "/api/deals/lamp", { ...deal, ...more });
    await page.getByRole("link", { name: "Lamp" }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Lamp" }).count(), 1);
  },
  Chat: async (page, { ben }) => {
    await page.getByLabel("Say something in default").fill("Still here");
    await page.getByLabel("Say something in default").press("Enter");
    for (const one of [page, ben]) await one.getByRole("log").getByText("Still here").waitFor();
  },
  Class: async (page) => {
    await page.getByLabel("Text of essay").click();
    await page.keyboard.type("Still here");
    await page.getByText(/^Saved, version [1-9]/).waitFor();
  },
  Voice: async (page, { server }) => {
    const publisher = server.token("speech", "--role", "publisher");
    const said = { userId: "Ben", text: "Are you still here?" };
    await ask(server, publisher, "POST", "/api/voice/sessions/talk/transcriptions", said);
    await page.getByRole("log", { name: "What was said" }).getByText(said.text).waitFor();
  },
  Agents: async (page, { server, id }) => {
    await page.getByLabel("Say something").fill("Still here");
    await page.getByLabel("Say something").press("Enter");
    const stored = async () => (await ask(server, server.token("Ann"), "GET", `/api/sessions/${id}/messages`)).items;
    await until(stored, (items) => items.length === 2, "there is no answer, or more than one");
  },
};

const live = (page) => page.getByRole("main").getByRole("status", { name: "live:" }).first().waitFor();

/** How often the page's own protocol got a token: by a message, or by a socket after the first. */
function renewalsOf(page) {
  const renewals = { count: 0 };
  const opened = new Map();
  page.on("websocket", (socket) => {
    const { pathname } = new URL(socket.url());
    const before = opened.get(pathname) ?? 0;
    opened.set(pathname, before + 1);
    // The bell has a connection on every page; where the page has one of its own, that says more.
    if (before > 0 && (pathname !== "/" || /deals|analyses/.test(page.url()))) renewals.count += 1;
    socket.on("framesent", ({ payload }) => {
      if (/"type":"auth(enticate)?"/.test(String(payload))) renewals.count += 1;
    });
  });
  return renewals;
}
