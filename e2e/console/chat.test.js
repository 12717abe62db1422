// Two people in one chat, each in a window of their own.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, cut, enter, lineTo, step, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";

const env = { QUINTET_LIMITS__LEARNING__MESSAGES_PER_MINUTE: "0" };
const ROOM = "physics";

test("what one says the other reads, over whatever happens to server and network", async (t) => {
  await withConsole(
    async (server, browser) => {
      const path = `/chat/${ROOM}`;
      const line = await lineTo(server);
      const ann = await enter(browser, line, "Ann", path);
      const ben = await enter(browser, server, "Ben", path);
      await Promise.all([live(ann), live(ben)]);

      await step(t, "one types, and the other sees it; one says it, and the other reads it", async () => {
        await box(ann).fill("Hel");
        await ben.getByText("Ann is typing…").waitFor();
        await say(ann, "Hello, Ben");
        await log(ben).getByText("Hello, Ben").waitFor();
        await ben.getByText("Ann is typing…").waitFor({ state: "detached" });
        await ben.getByLabel("Here: Ann, Ben").or(ben.getByLabel("Here: Ben, Ann")).waitFor();
        assert.deepEqual([...ann.faults, ...ben.faults], []);
      });

      await step(t, "the server is killed: what is said meanwhile arrives once", async () => {
        await server.restart(async () => {
          await ann.getByRole("status", { name: "connecting" }).waitFor();
          await say(ann, "Ann, while it is down");
          await say(ben, "Ben, while it is down");
          await say(ann, "Ann again");
        });
        const said = ["Ann, while it is down", "Ann again", "Ben, while it is down"];
        await Promise.all([ann, ben].map((page) => reads(page, said)));
      });

      await step(t, "the network stands still: what is said meanwhile arrives once", async () => {
        await ann.context().setOffline(true);
        await say(ann, "Ann, without a network");
        await say(ben, "Ben, to Ann who is away");
        await ann.context().setOffline(false);
        const said = ["Ann, without a network", "Ben, to Ann who is away"];
        await Promise.all([ann, ben].map((page) => reads(page, said)));
      });

      await step(t, "the network is cut: what is said meanwhile arrives once", async () => {
        await cut(ann, line, async () => {
          await ann.getByRole("main").getByRole("status", { name: "connecting:" }).waitFor();
          await say(ann, "Ann, cut off");
          await say(ben, "Ben, to nobody");
          await say(ben, "Ben, once more");
          await ben.getByLabel("Here: Ben").waitFor();
        });
        const said = ["Ben, to nobody", "Ben, once more", "Ann, cut off"];
        await Promise.all([ann, ben].map((page) => reads(page, said)));
        await ben.getByLabel("Here: Ann, Ben").or(ben.getByLabel("Here: Ben, Ann")).waitFor();
      });

      await step(t, "the server has as many messages, and both read them in one order", async () => {
        const { items } = await ask(server, server.token("Ann"), "GET", "/api/contexts");
        const { lastSeq } = items.find(({ contextId }) => contextId === ROOM);
        const isSaid = (line) => /^(Hello, Ben|(Ann|Ben)(,| again))/.test(line);
        const [anns, bens] = await Promise.all([ann, ben].map(linesOf));
        assert.equal(anns.filter(isSaid).length, lastSeq);
        assert.deepEqual(anns.filter(isSaid), bens.filter(isSaid));
        await judge(ann);
      });

      await step(t, "history is read back to its beginning, and what comes in does not move it", async () => {
        for (let nth = 0; nth < 150; nth += 1) await say(ann, `Number ${nth} of many`);
        await log(ben).getByText("Number 149 of many").waitFor();
        const late = await enter(browser, server, "Cem", path);
        await log(late).getByText("Number 149 of many").waitFor();
        const first = log(late).getByText("Hello, Ben");
        await until(
          async () => {
            await log(late).evaluate((element) => {
              element.scrollTop = 0;
            });
            return first.count();
          },
          (count) => count === 1,
          "the first message is not reached",
        );
        // However many there are, few are on the page.
        const rows = await log(late).locator("[data-index]").count();
        assert.ok(rows < 60, `${rows} rows are on the page`);
        const newest = late.getByRole("button", { name: "To the newest" });
        await newest.waitFor();
        const before = await first.boundingBox();
        await say(ann, "The last word");
        await log(ben).getByText("The last word").waitFor();
        assert.deepEqual(await first.boundingBox(), before);
        await newest.click();
        await log(late).getByText("The last word").waitFor();
        await newest.waitFor({ state: "detached" });
      });
    },
    { env },
  );
});

const box = (page) => page.getByLabel(`Say something in ${ROOM}`);
const log = (page) => page.getByRole("log", { name: `Messages of ${ROOM}` });
const live = (page) => page.getByRole("status", { name: "live:" }).waitFor();

async function say(page, text) {
  await box(page).fill(text);
  await box(page).press("Enter");
}

const linesOf = async (page) => (await log(page).innerText()).split("\n").map((line) => line.trim());

/** Each of these stands there once, and nothing waits any more to be sent. */
async function reads(page, texts) {
  await live(page);
  await until(
    async () => {
      const lines = await linesOf(page);
      return texts.map((text) => lines.filter((line) => line === text).length);
    },
    (counts) => counts.every((count) => count === 1),
    `not each of ${texts.join("; ")} is there once`,
  );
}
