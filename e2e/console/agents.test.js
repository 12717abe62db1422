// An agent that reviews code, and one that is stopped while it writes.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";

import { enter, withConsole } from "./browser.js";
import { judge } from "./judge.js";

test("an agent's answer has code in it, and both people of the session read it", async () => {
  await withConsole(async (server, browser) => {
    const ann = await enter(browser, server, "Ann", "/agents");
    await begin(ann, "Code review", "A review of my list code");
    await say(ann, "Please review:\n```python\ndef add(item, items=[]):\n    items.append(item)\n```");
    const said = ann.getByRole("log", { name: "Messages of A review of my list code" });
    await said.getByText("Code review", { exact: true }).first().waitFor();
    await said.locator("pre code, code pre, pre").nth(1).waitFor();
    await ann.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
    await judge(ann);
    await ann.reload();
    await said.getByText("Please review:").waitFor();
    await ann.getByRole("link", { name: "All sessions" }).click();
    await ann.getByRole("link", { name: /A review of my list code/ }).waitFor();
    assert.deepEqual(ann.faults, []);
  });
});

test("an agent that is stopped writes no more, and answers the next question", async () => {
  await withModel(async (model) => {
    const env = {
      QUINTET_AI__TEXT__PROVIDER: "openai",
      QUINTET_AI__TEXT__BASE_URL: model.url,
      QUINTET_AI__TEXT__API_KEY: "a key",
    };
    await withConsole(
      async (server, browser) => {
        const page = await enter(browser, server, "Ann", "/agents");
        await begin(page, "Context", "Long answers");
        await say(page, "Count for me");
        const said = page.getByRole("log", { name: "Messages of Long answers" });
        await said.getByText(/one two three/).waitFor();
        await page.getByRole("button", { name: "Stop" }).click();
        await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
        await model.hungUp;
        model.isQuick = true;
        await say(page, "And now in one word");
        await said.getByText("Done.").waitFor();
        assert.deepEqual(page.faults, []);
      },
      { env },
    );
  });
});

async function begin(page, agent, title) {
  await page.getByLabel("Title").fill(title);
  const agents = page.getByRole("radiogroup", { name: "Agent" });
  await agents.getByRole("radio", { name: agent }).click();
  await page.getByRole("button", { name: "Begin" }).click();
  await page.getByRole("status", { name: "live:" }).waitFor();
}

async function say(page, text) {
  await page.getByLabel("Say something").fill(text);
  await page.getByLabel("Say something").press("Enter");
}

/** A model behind the public interface of OpenAI, which counts and never ends, unless it is to be quick. */
async function withModel(use) {
  const model = { isQuick: false };
  model.hungUp = new Promise((resolve) => {
    model.hangUp = resolve;
  });
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    const say = (content) =>
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`);
    if (model.isQuick) {
      say("Done.");
      response.end("data: [DONE]\n\n");
      return;
    }
    say("one two three");
    const timer = setInterval(() => say(" and on"), 50);
    response.on("close", () => {
      clearInterval(timer);
      model.hangUp();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  model.url = `http://127.0.0.1:${server.address().port}/v1`;
  try {
    await use(model);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
