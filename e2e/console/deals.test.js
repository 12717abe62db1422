// A board that two people look at while a producer changes prices, and the bell that tells them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, cut, enter, lineTo, step, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";

test("a price that falls moves up the board of everybody, and rings the bell of who asked for it", async () => {
  await withConsole(async (server, browser) => {
    const { put } = shopOf(server);
    await put("lamp", "Lamp", 60);
    await put("kettle", "Kettle", 80);
    const ann = await enter(browser, server, "Ann", "/deals");
    const ben = await enter(browser, server, "Ben", "/deals");
    for (const page of [ann, ben]) {
      await page.getByRole("main").getByRole("status", { name: "live:" }).waitFor();
      await until(() => titles(page), (now) => now.join() === "Lamp,Kettle", "the board has not what there was");
    }

    await ann.getByRole("button", { name: "Tell me when Kettle gets cheaper" }).click();
    await ann.getByLabel("Below (EUR)").fill("50");
    await ann.getByRole("button", { name: "Tell me", exact: true }).click();
    await ann.getByText("You will hear when Kettle is below €50.00.").waitFor();

    await put("kettle", "Kettle", 40);
    for (const page of [ann, ben]) {
      const sorted = (now) => now.join() === "Kettle,Lamp";
      await until(() => titles(page), sorted, "the board is not sorted anew");
      await page.getByText("just now").waitFor();
      await page.getByRole("img", { name: /^Prices of Kettle: .*€80\.00.*€40\.00/ }).waitFor();
    }
    await ann.getByRole("button", { name: "Notifications, 1 unread" }).click();
    const list = ann.getByRole("log", { name: "Notifications" });
    await list.getByText("€40.00, below your €50.00").waitFor();
    await judge(ann);
    await ann.keyboard.press("Escape");
    await ann.getByRole("button", { name: "Notifications", exact: true }).waitFor();
    await ben.getByRole("button", { name: "Notifications", exact: true }).waitFor();

    await put("mug", "Mug", 10);
    await until(() => titles(ben), (now) => now[0] === "Mug", "a new deal is not there");
    await ben.getByLabel("At most").fill("20");
    await until(() => titles(ben), (now) => now.join() === "Mug", "the wish is not heard");
    assert.deepEqual([...ann.faults, ...ben.faults], []);
  });
});

test("what changes while the server or somebody is away stands on the board afterwards, and rings once", async (t) => {
  await withConsole(async (server, browser) => {
    const { put, send } = shopOf(server);
    await put("lamp", "Lamp", 60);
    await put("kettle", "Kettle", 80);
    const line = await lineTo(server);
    const ann = await enter(browser, line, "Ann", "/deals");
    const ben = await enter(browser, server, "Ben", "/deals");
    const token = server.token("Ann");
    await ask(server, token, "PUT", "/api/price-alerts/kettle", { below: 50 });
    const board = (...wanted) => same(server, [ann, ben], wanted);
    await board("Lamp €60.00", "Kettle €80.00");

    await step(t, "killed: what is put before the pages are back stands on them", async () => {
      await server.restart();
      await put("kettle", "Kettle", 70);
      await put("mug", "Mug", 10);
      await board("Mug €10.00", "Lamp €60.00", "Kettle €70.00");
    });

    await step(t, "the network of one is cut: what changes, comes and goes meanwhile", async () => {
      await cut(ann, line, async () => {
        await put("kettle", "Kettle", 40);
        await put("vase", "Vase", 55);
        await send("DELETE", "/api/deals/lamp");
        await send("POST", "/api/users/Ann/notifications", { title: "Your parcel", body: "It is there." });
        await same(server, [ben], ["Mug €10.00", "Kettle €40.00", "Vase €55.00"]);
      });
      await board("Mug €10.00", "Kettle €40.00", "Vase €55.00");
    });

    await step(t, "the bell has told who was away of both, once, and of nothing anybody else", async () => {
      await bell(ann, 2).click();
      const list = ann.getByRole("log", { name: "Notifications" });
      await list.getByText("€40.00, below your €50.00").waitFor();
      await list.getByText("Your parcel").first().waitFor();
      assert.equal(await list.getByText("It is there.").count(), 1);
      assert.equal(await list.getByText("below your").count(), 1);
      await bell(ben, 0).waitFor();
    });

    await step(t, "what was read stays so, over a kill and on a page that loads anew", async () => {
      await ann.getByRole("button", { name: "mark Your parcel as read" }).click();
      const read = async () => (await ask(server, token, "GET", "/api/notifications")).items;
      await until(read, ([one, ...more]) => one.status === "read" && more.length === 0, "it is not read");
      await ann.keyboard.press("Escape");
      await server.restart();
      await board("Mug €10.00", "Kettle €40.00", "Vase €55.00");
      await bell(ann, 0).waitFor();
      await ann.reload();
      await board("Mug €10.00", "Kettle €40.00", "Vase €55.00");
      await bell(ann, 0).waitFor();
    });
  });
});

test("of a long board the first are shown, and more to who wants to see more", async () => {
  await withConsole(async (server, browser) => {
    const deals = Array.from({ length: 120 }, (_, nth) => ({ dealId: `deal-${nth}`, ...dealOf(`Deal-${nth}`, nth / 2) }));
    await shopOf(server).send("POST", "/api/deals:batch", { deals });
    const ann = await enter(browser, server, "Ann", "/deals");
    const shows = async (count) => {
      await until(() => titles(ann), (now) => now.length === count, `it has not ${count} rows`);
      const wanted = deals.slice(0, count).map(({ title }) => title);
      assert.deepEqual(await titles(ann), wanted);
    };
    await shows(50);
    await ann.getByText("The first 50 of 120").waitFor();
    await judge(ann);
    for (const count of [100, 120]) {
      await ann.getByRole("button", { name: "Show 50 more" }).click();
      await shows(count);
    }
    await ann.getByText(/^The first/).waitFor({ state: "detached" });
  });
});

test("of more than a page the best are first, whatever their age", async () => {
  await withConsole(async (server, browser) => {
    const deal = (nth) => ({ dealId: `deal-${nth}`, ...dealOf(`Deal-${nth}`, 10 + nth / 10) });
    const deals = Array.from({ length: 450 }, (_, nth) => deal(nth));
    await shopOf(server).send("POST", "/api/deals:batch", { deals });
    const ann = await enter(browser, server, "Ann", "/deals");
    await ann.getByRole("status").filter({ hasText: "450 deals" }).waitFor();
    // The first one that was put is the cheapest of all.
    await ann.getByRole("row").nth(1).getByText("Deal-0", { exact: true }).waitFor();
    assert.deepEqual(ann.faults, []);
  });
});

/** Who puts deals. */
function shopOf(server) {
  const token = server.token("shop", "--role", "publisher");
  const send = (...request) => ask(server, token, ...request);
  const put = (dealId, title, price) => send("PUT", `/api/deals/${dealId}`, dealOf(title, price));
  return { put, send };
}

const dealOf = (title, price) => ({
  title,
  price,
  category: "home",
  merchant: "Lux",
  originalPrice: 100,
  currency: "EUR",
  url: `https://shop.example/${title}`,
});

/** The server has these deals and no others, and so have the pages, each once, in this order. */
async function same(server, pages, wanted) {
  const { items } = await ask(server, server.token("Ann"), "GET", "/api/deals");
  const kept = items.map(({ title, price }) => `${title} €${price.toFixed(2)}`);
  assert.deepEqual(kept.sort(), [...wanted].sort());
  for (const page of pages) {
    await page.getByRole("main").getByRole("status", { name: "live:" }).waitFor();
    await until(() => rowsOf(page), (rows) => rows.join() === wanted.join(), `${page.who} has another board`);
  }
}

async function rowsOf(page) {
  const texts = await page.getByRole("table", { name: "Deals" }).locator("tbody tr").allInnerTexts();
  return texts.map((text) => {
    const [title] = text.split("\n");
    return `${title.trim()} ${/€[\d.]+/.exec(text)?.[0]}`;
  });
}

const bell = (page, unread) => {
  const name = unread === 0 ? "Notifications" : `Notifications, ${unread} unread`;
  return page.getByRole("button", { name, exact: true });
};

const titles = (page) => page.getByRole("table", { name: "Deals" }).getByRole("link").allInnerTexts();
