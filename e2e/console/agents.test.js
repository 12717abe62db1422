// Two people in one session with an agent: it reviews code, it is slow, it is stopped; and whatever happens to
// server and network, everything is there once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, cut, enter, lineTo, step, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";
import { sockets } from "./measure/writers.js";
import { envOf, withModel } from "./model.js";

const CODE = "```python\ndef add(item, items=[]):\n    items.append(item)\n```";

test("an agent's answer has code in it, and both people of the session read it", async () => {
  await withConsole(async (server, browser) => {
    const title = "A review of my list code";
    const ann = await enter(browser, server, "Ann", "/agents");
    await begin(ann, "Code review", title);
    await ann.getByRole("link", { name: "All sessions" }).click();
    await ann.getByRole("link", { name: title }).click();
    await live(ann);
    const sessionId = ann.url().split("/").at(-1);
    const path = `/api/sessions/${sessionId}/members`;
    await ask(server, server.token("Ann"), "POST", path, { userId: "Ben" });
    const ben = await enter(browser, server, "Ben", `/agents/${sessionId}`);
    await live(ben);
    await say(ann, `Please review:\n${CODE}`);
    for (const page of [ann, ben]) {
      const said = page.getByRole("log", { name: `Messages of ${title}` });
      // The question's, and the better form that the answer has.
      await said.locator("pre").nth(1).waitFor();
      await stopped(page);
    }
    await judge(ann);
    await ben.reload();
    await ben.getByRole("log").getByText("Please review:").waitFor();
    await ann.getByRole("link", { name: "All sessions" }).click();
    await ann.getByRole("link", { name: title }).waitFor();
    await judge(ann);
    assert.deepEqual([...ann.faults, ...ben.faults], []);
  });
});

test("a long talk is scrolled back to its beginning", async () => {
  await withConsole(async (server, browser) => {
    const wanted = { type: "socratic", title: "A long talk", open: true };
    const { id } = await ask(server, server.token("Ann"), "POST", "/api/sessions", wanted);
    const [socket] = await sockets(server, `/ws/sessions/${id}`, 1);
    let answers = 0;
    socket.on("message", (text) => {
      if (JSON.parse(text).type === "agent_response") answers += 1;
    });
    socket.send(JSON.stringify({ action: "join", data: {} }));
    for (let nth = 1; nth <= 40; nth += 1) {
      socket.send(JSON.stringify({ action: "message", data: { content: `Question number ${nth}.` } }));
      await until(() => answers, (count) => count === nth, "the agent does not answer");
    }
    socket.close();
    const ann = await enter(browser, server, "Ann", `/agents/${id}`);
    const said = ann.getByRole("log", { name: "Messages of A long talk" });
    await said.getByText("Question number 40.").waitFor();
    assert.equal(await said.getByText("Question number 1.").count(), 0);
    await said.hover();
    const back = async () => {
      await ann.mouse.wheel(0, -3_000);
      return said.getByText("Question number 1.").count();
    };
    await until(back, (count) => count === 1, "the first question is not reached");
    await judge(ann);
    assert.deepEqual(ann.faults, []);
  });
});

test("a slow agent is heard word by word, stopped, and asked again, over kills and cuts", async (t) => {
  await withModel((model) =>
    withConsole(
      async (server, browser) => {
        const token = server.token("Ann");
        const wanted = { type: "context", title: "Long answers", open: true };
        const { id } = await ask(server, token, "POST", "/api/sessions", wanted);
        const line = await lineTo(server);
        const ann = await enter(browser, line, "Ann", `/agents/${id}`);
        const ben = await enter(browser, server, "Ben", `/agents/${id}`);
        const both = [ann, ben];
        await Promise.all(both.map(live));
        /** All that is said stands on both pages once, in the order that the server has. */
        const said = async (...texts) => {
          const read = async () => (await ask(server, token, "GET", `/api/sessions/${id}/messages`)).items;
          const have = (items) => items.map(({ content }) => content).join("|");
          await until(read, (items) => have(items) === texts.join("|"), "the server has something else");
          for (const page of both) await reads(page, texts);
        };
        const before = [];

        await step(t, "what it writes is read by both as it comes", async () => {
          await say(ann, "Count for me");
          const call = await model.next();
          for (const page of both) await page.getByRole("button", { name: "Stop" }).waitFor();
          call.say("one two");
          for (const page of both) await log(page).getByText("one two").waitFor();
          call.say(" three");
          for (const page of both) await log(page).getByText("one two three").waitFor();
          await judge(ann);
          call.end();
          before.push("Count for me", "one two three");
          await said(...before);
        });

        await step(t, "either stops it; what it had said stays", async () => {
          await say(ben, "Go on");
          const call = await model.next();
          call.say("four five");
          await log(ann).getByText("four five").waitFor();
          await ann.getByRole("button", { name: "Stop" }).click();
          await call.ended;
          before.push("Go on", "four five");
          await said(...before);
        });

        await step(t, "killed while it writes: it is asked again, and answers once", async () => {
          await say(ann, "And then?");
          const call = await model.next();
          call.say("lost words");
          for (const page of both) await log(page).getByText("lost words").waitFor();
          await server.restart(() => say(ben, "Said while it was down"));
          const again = await model.next();
          again.say("six seven");
          again.end();
          const last = await model.next();
          last.say("eight nine");
          last.end();
          before.push("And then?", "Said while it was down", "six seven", "eight nine");
          const items = (await ask(server, token, "GET", `/api/sessions/${id}/messages`)).items;
          // What was said meanwhile is stored before or behind the answer.
          assert.equal(new Set(items.map(({ content }) => content)).size, items.length);
          await inAnyOrder(both, before);
        });

        await step(t, "the network of one is cut while it writes: the rest is there afterwards, and no half of it", async () => {
          await say(ann, "Go to ten");
          const call = await model.next();
          call.say("nine and a ha");
          await log(ann).getByText("nine and a ha").waitFor();
          await cut(ann, line, async () => {
            await ann.getByRole("status", { name: "connecting:" }).waitFor();
            call.say("lf, ten");
            call.end();
            await log(ben).getByText("nine and a half, ten").waitFor();
            await stopped(ben);
          });
          before.push("Go to ten", "nine and a half, ten");
          await inAnyOrder(both, before);
        });

        await step(t, "stopped while one is away: nothing is waited for afterwards", async () => {
          await say(ann, "Further");
          const call = await model.next();
          call.say("eleven");
          await log(ann).getByText("eleven").waitFor();
          await cut(ann, line, async () => {
            await ben.getByRole("button", { name: "Stop" }).click();
            await call.ended;
            await say(ann, "Said without a network");
            await stopped(ben);
          });
          const last = await model.next();
          last.say("twelve");
          last.end();
          before.push("Further", "eleven", "Said without a network", "twelve");
          await inAnyOrder(both, before);
        });

        await step(t, "a long answer is there as a whole, in its order", async () => {
          const sections = Array.from({ length: 80 }, (_, nth) => `Section ${nth} of **many**.`);
          await say(ben, "Write a book");
          const call = await model.next();
          for (const section of sections) call.say(`${section}\n\n`);
          call.end();
          const wanted = sections.map((section) => section.replaceAll("**", "")).join("|");
          const read = (page) => log(page).getByText(/^Section \d+ of/).allInnerTexts();
          for (const page of both) {
            await stopped(page);
            await until(() => read(page), (now) => now.join("|") === wanted, `${page.who} reads something else`);
            await until(() => log(page).locator("[aria-busy=true]").count(), (now) => now === 0, "it stays busy");
          }
        });
      },
      { env: envOf(model) },
    ),
  );
});

async function begin(page, agent, title) {
  await page.getByLabel("Title").fill(title);
  await page.getByRole("radiogroup", { name: "Agent" }).getByRole("radio", { name: agent }).click();
  await page.getByRole("button", { name: "Begin" }).click();
  await live(page);
}

async function say(page, text) {
  await page.getByLabel("Say something").fill(text);
  await page.getByLabel("Say something").press("Enter");
}

const live = (page) => page.getByRole("main").getByRole("status", { name: "live:" }).waitFor();
const log = (page) => page.getByRole("log", { name: /^Messages of / });
const stopped = (page) => page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });

/** These are the last messages of a page, in this order, and nothing is on its way. */
async function reads(page, texts) {
  await live(page);
  await stopped(page);
  const read = () => linesOf(page, texts);
  await until(read, (lines) => lines.join("|") === texts.join("|"), `${page.who} reads something else`);
}

async function inAnyOrder(pages, texts) {
  for (const page of pages) {
    await live(page);
    await stopped(page);
    const sorted = (lines) => [...lines].sort().join("|");
    await until(() => linesOf(page, texts), (lines) => sorted(lines) === sorted(texts), `${page.who} reads something else`);
  }
}

/** Of the lines of a page's log those that begin like one of these, as a whole. */
async function linesOf(page, texts) {
  const lines = (await log(page).innerText()).split("\n").map((line) => line.trim());
  const isPart = (line) => texts.some((text) => text.startsWith(line) || line.startsWith(text));
  return lines.filter((line) => line !== "" && isPart(line));
}
