// Five hundred messages a second: into a chat, onto the board of deals, into a class and its document, of an agent.

import { ask } from "../browser.js";
import { withSwiftModel } from "./model.js";
import { live, opened, withServed } from "./people.js";
import { line, recorded } from "./recording.js";
import { atRate, sentence, sockets } from "./writers.js";

const RATE = 500;
const SECONDS = 10;
const PARTS = {
  "chat of 2 writers": (...all) => chat(...all, 2),
  "chat of 20 writers": (...all) => chat(...all, 20),
  deals,
  "figures of a class": classFigures,
  "document of 5 writers": editor,
};

export async function busy(wanted) {
  for (const [name, part] of Object.entries(PARTS).filter(([name]) => name.includes(wanted))) {
    await measured(name, part);
  }
  if (!"agent".includes(wanted)) return;
  const model = { rate: RATE, seconds: SECONDS, end: "That is all." };
  await withSwiftModel(model, (env) => measured("agent that writes", agent, env));
}

async function measured(name, part, env = {}) {
  const use = async (server, browser) => line(name, await part(server, browser));
  await withServed(use, env);
}

async function chat(server, browser, count) {
  const page = await opened(browser, server, "/chat/physics");
  await live(page);
  const writers = await sockets(server, "/api/chat/ws?contextId=physics", count);
  const say = (nth) => {
    const message = { type: "message", data: { content: sentence(nth) } };
    writers[nth % count].send(JSON.stringify(message));
  };
  const last = page.getByRole("log").getByText(`(${RATE * SECONDS - 1})`);
  return recorded(page, async () => {
    await atRate(RATE, SECONDS, say);
    await last.waitFor();
  });
}

/** Deals that are there before, and deals of a request. */
const KNOWN = 1_000;
const BATCH = 10;

async function deals(server, browser) {
  const shop = server.token("shop", "--role", "publisher");
  const put = (from, count, nth) =>
    ask(server, shop, "POST", "/api/deals:batch", {
      deals: Array.from({ length: count }, (_, at) => deal((from + at) % KNOWN, nth)),
    });
  await put(0, KNOWN, 0);
  const page = await opened(browser, server, "/deals");
  await live(page);
  await page.getByRole("table", { name: "Deals" }).waitFor();
  const puts = [];
  return recorded(page, async () => {
    await atRate(RATE / BATCH, SECONDS, (nth) => puts.push(put(nth * BATCH, BATCH, nth + 1)));
    await Promise.all(puts);
  });
}

const deal = (at, nth) => ({
  dealId: `deal-${at}`,
  title: `A thing of which there are many, number ${at}`,
  price: 20 + ((at * 7 + nth * 13) % 70),
  originalPrice: 100,
  currency: "EUR",
  category: "home",
  merchant: `Shop ${at % 20}`,
  url: `https://shop.example/${at}`,
});

async function classFigures(server, browser) {
  const teacher = server.token("teacher", "--role", "publisher");
  const page = await opened(browser, server, "/class/math/essay");
  await live(page);
  const put = (nth) =>
    ask(server, teacher, "POST", "/api/analytics/events", {
      contextId: "math",
      events: Array.from({ length: BATCH }, (_, at) => ({
        name: "quiz",
        value: nth % 100,
        userId: `student-${(nth * BATCH + at) % 300}`,
      })),
    });
  const puts = [];
  return recorded(page, async () => {
    await atRate(RATE / BATCH, SECONDS, (nth) => puts.push(put(nth)));
    await Promise.all(puts);
  });
}

async function editor(server, browser) {
  const page = await opened(browser, server, "/class/math/essay");
  await page.getByText(/^Saved, version \d+$/).waitFor();
  const writers = await sockets(server, "/api/collaboration/ws", 5);
  let version = 0;
  for (const writer of writers) {
    writer.on("message", (text) => {
      version = Math.max(version, JSON.parse(text).data?.version ?? 0);
    });
    writer.send(JSON.stringify({ type: "join_session", data: { sessionId: "essay", role: "participant" } }));
  }
  const write = (nth) => {
    const content = nth % 40 === 0 ? "\n" : "word ";
    const data = { sessionId: "essay", operation: "insert", position: 0, content, version };
    writers[nth % writers.length].send(JSON.stringify({ type: "edit", data }));
  };
  const last = page.getByText(`Saved, version ${(RATE * SECONDS).toLocaleString("en")}`);
  return recorded(page, async () => {
    await atRate(RATE, SECONDS, write);
    await last.waitFor();
  });
}

async function agent(server, browser) {
  const page = await opened(browser, server, "/agents");
  await page.getByLabel("Title").fill("Long answers");
  await page.getByRole("radiogroup", { name: "Agent" }).getByRole("radio", { name: "Context" }).click();
  await page.getByRole("button", { name: "Begin" }).click();
  await live(page);
  const box = page.getByLabel("Say something");
  return recorded(page, async () => {
    await box.fill("What is wrong with my list?");
    await box.press("Enter");
    await page.getByRole("log").getByText("That is all.").waitFor({ timeout: 60_000 });
  });
}
