// Outages under three seconds: the server is killed and started anew at its address, again and again, with every page
// that has a connection of its own open. Measured is from when the server listens to when a page says that it is live.

import { ChatClient } from "../../../packages/client/dist/chat.js";
import { ask, until } from "../browser.js";
import { envOf, withModel } from "../model.js";
import { withRepositories } from "../repositories.js";
import { live, opened, withServed } from "./people.js";
import { line, quantile } from "./recording.js";

const OUTAGES = Number(process.env.OUTAGES ?? 20);
const LONGEST = 2_500;
const SHORTEST = 500;
/** A connection that held so long begins anew with its first wait: milliseconds. */
const STABLE_AFTER = 10_500;
const SAY_EVERY = 100;

export const outage = () =>
  withRepositories(["line"], (host) =>
    withModel((model) => {
      const use = (server, browser) => outages({ host, model, server, browser });
      return withServed(use, { ...host.env, ...envOf(model) });
    }),
  );

async function outages(all) {
  const { server } = all;
  const pages = await openAll(all);
  const token = server.token("ben", "--name", "Ben");
  const writer = new ChatClient("physics", { url: server.url, token: () => token });
  writer.open();
  const said = say(writer);
  const times = new Map(pages.map(({ name }) => [name, []]));
  for (let nth = 0; nth < OUTAGES; nth += 1) {
    const lasts = SHORTEST + ((LONGEST - SHORTEST) * nth) / (OUTAGES - 1);
    await new Promise((resolve) => setTimeout(resolve, STABLE_AFTER));
    await server.restart(() => new Promise((resolve) => setTimeout(resolve, lasts)));
    const ready = Date.now();
    await Promise.all(pages.map(async ({ page, name }) => times.get(name).push((await backAt(page)) - ready)));
  }
  for (const [name, all] of times) {
    line(name, { "p50 ms": quantile(all, 0.5), "p95 ms": quantile(all, 0.95), "longest ms": Math.max(...all) });
  }
  await compare(server, pages, await said.end());
  writer.close();
}

/** Every page that has a connection of its own, live. */
async function openAll({ host, model, server, browser }) {
  const token = server.token("ann", "--name", "Ann", "--role", "admin");
  const analyse = async (isOver) => {
    const wanted = { repositoryUrl: host.urlOf("line") };
    const { analysisId } = await ask(server, token, "POST", "/api/analyze", wanted);
    await until(() => ask(server, token, "GET", `/api/analysis/${analysisId}`), isOver, "no analysis");
    return analysisId;
  };
  model.answer = (call) => call.refuse();
  const analysed = await analyse(({ status }) => status === "completed");
  // The other one is never answered, so that somebody looks at it all the while.
  model.answer = undefined;
  const coming = await analyse(({ completedStages }) => completedStages.length === 0);
  const session = await ask(server, token, "POST", "/api/sessions", { type: "socratic" });
  const paths = {
    Analyses: `/analyses/${coming}`,
    Interview: `/interview/${analysed}`,
    Deals: "/deals",
    Chat: "/chat/physics",
    Class: "/class/math/essay",
    Voice: "/voice/talk",
    Agents: `/agents/${session.id}`,
  };
  return Promise.all(
    Object.entries(paths).map(async ([name, path]) => {
      const page = await opened(browser, server, path);
      if (name === "Interview") await begin(page);
      else await live(page);
      await watch(page);
      return { page, name };
    }),
  );
}

async function begin(page) {
  await page.getByRole("button", { name: "Begin", exact: true }).click();
  await page.getByRole("status", { name: "interview:" }).waitFor();
}

/** The page notes when all connections it shows came to be live. */
function watch(page) {
  return page.evaluate(() => {
    const isLive = () => {
      const shown = [...document.querySelectorAll('main [role="status"][aria-label]')];
      const states = shown.map((it) => it.getAttribute("aria-label")).filter((label) => /^(live|interview|connecting|offline|ended):/.test(label));
      return states.length > 0 && states.every((label) => /^(live|interview):/.test(label));
    };
    globalThis.outage = { wasAway: false, backAt: undefined };
    const look = () => {
      const { outage } = globalThis;
      if (!isLive()) Object.assign(outage, { wasAway: true, backAt: undefined });
      else if (outage.wasAway) Object.assign(outage, { wasAway: false, backAt: Date.now() });
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}

async function backAt(page) {
  const back = await page.waitForFunction(() => globalThis.outage.backAt);
  const at = await back.jsonValue();
  await page.evaluate(() => {
    globalThis.outage.backAt = undefined;
  });
  return at;
}

/** Says something every tenth of a second, whatever the server does; `end` gives what was acknowledged. */
function say(writer) {
  const all = [];
  const timer = setInterval(() => all.push(writer.sendMessage(`No. ${all.length}.`)), SAY_EVERY);
  return {
    end: async () => {
      clearInterval(timer);
      return (await Promise.all(all)).map(({ content }) => content);
    },
  };
}

/** What the server has, and what the chat's page has been told, is what was said: each once. */
async function compare(server, pages, said) {
  const { page } = pages.find(({ name }) => name === "Chat");
  for (const [name, list] of Object.entries({ stored: await stored(server), shown: await readAll(page) })) {
    const has = new Set(list);
    const lost = said.filter((text) => !has.has(text)).length;
    line(name, { said: said.length, lost, doubled: list.length - has.size });
  }
}

/** The whole history, as somebody who comes later reads it. */
async function stored(server) {
  const token = server.token("cem");
  const reader = new ChatClient("physics", { url: server.url, token: () => token });
  reader.open();
  while (!reader.chat.value.isRead) await new Promise((resolve) => setTimeout(resolve, 50));
  while (reader.chat.value.hasOlder) await reader.loadOlder();
  const all = reader.chat.value.messages.map(({ content }) => content);
  reader.close();
  return all;
}

/** Every message that the page has, by scrolling through all of them. */
function readAll(page) {
  return page.getByRole("log").evaluate(async (log) => {
    const seen = new Map();
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 20)));
    log.scrollTop = 0;
    for (let rest = 0; rest < 20; rest += 1) {
      await frame();
      if (log.scrollTop < 200 && !log.innerText.includes("No. 0.")) {
        log.scrollTop = 0;
        rest = 0;
      }
    }
    for (;;) {
      for (const row of log.querySelectorAll("[data-index]")) {
        const text = /No\. \d+\./.exec(row.innerText)?.[0];
        if (text !== undefined) seen.set(row.dataset.index, text);
      }
      if (log.scrollTop + log.clientHeight >= log.scrollHeight - 2) return [...seen.values()];
      log.scrollTop += log.clientHeight * 0.7;
      await frame();
    }
  });
}
