// A board that two people look at while a producer changes prices.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, enter, until, withConsole } from "./browser.js";

test("a price that falls moves up the board of everybody, and rings the bell of who asked for it", async () => {
  await withConsole(async (server, browser) => {
    const shop = server.token("shop", "--role", "publisher");
    const put = (dealId, title, price) =>
      ask(server, shop, "PUT", `/api/deals/${dealId}`, {
        title,
        price,
        category: "home",
        merchant: "Lux",
        originalPrice: 100,
        currency: "EUR",
        url: `https://shop.example/${dealId}`,
      });
    await put("lamp", "Lamp", 60);
    await put("kettle", "Kettle", 80);
    const ann = await enter(browser, server, "Ann", "/deals");
    const ben = await enter(browser, server, "Ben", "/deals");
    for (const page of [ann, ben]) {
      await page.getByRole("main").getByRole("status", { name: "live:" }).waitFor();
      assert.deepEqual(await titles(page), ["Lamp", "Kettle"]);
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
    }
    await ann.getByRole("button", { name: "Notifications, 1 unread" }).click();
    const list = ann.getByRole("log", { name: "Notifications" });
    await list.getByText("€40.00, below your €50.00").waitFor();
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

const titles = (page) => page.getByRole("table", { name: "Deals" }).getByRole("link").allInnerTexts();
