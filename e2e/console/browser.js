// A headless Chromium with people in it: each has a window of their own, signed in to a running server.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after } from "node:test";

import { chromium } from "playwright-core";

import { withServer } from "../node/server.js";
import { Line } from "./line.js";

/** How long anything on a page may take: a machine that also compiles is slow. */
export const PATIENCE_MS = 60_000;

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const FLAGS = ["--disable-gpu", "--disable-background-networking", "--no-first-run"];
/** Several people come from one address, again and again. */
const UNLIMITED = {
  QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE: "0",
  ...Object.fromEntries(
    ["ANALYSIS", "DEALS", "LEARNING", "SESSIONS", "VOICE"].map((name) => [
      `QUINTET_LIMITS__${name}__CONNECTS_PER_MINUTE`,
      "0",
    ]),
  ),
};

/** The Chromiums of this file, by their flags; they end with its last test. */
const browsers = new Map();

after(async () => {
  for (const browser of browsers.values()) await (await browser).close();
});

/** The Chromium with these flags; people have nothing in common in it but the process. */
export function browserWith(flags = []) {
  const key = flags.join(" ");
  if (!browsers.has(key)) browsers.set(key, launch(flags));
  return browsers.get(key);
}

function launch(flags) {
  const executablePath = process.env.QUINTET_CHROMIUM ?? PLACES.find(existsSync);
  assert.ok(executablePath, "There is no Chromium: .ci/need browser");
  // As root it has no sandbox; what it opens is our own page.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const args = [...FLAGS, ...sandbox, ...flags];
  return chromium.launch({ executablePath, args, timeout: 2 * PATIENCE_MS });
}

/** A server in development mode that serves the console, and a Chromium whose windows end when `use` does. */
export async function withConsole(use, { env = {}, flags = ["--dev"], browserFlags = [] } = {}) {
  const browser = await browserWith(browserFlags);
  const both = async (server) => {
    try {
      await use(server, browser);
    } catch (error) {
      await tellOfPages();
      throw error;
    } finally {
      await closePages();
      for (const line of lines.splice(0)) line.close();
    }
  };
  await withServer({ ...UNLIMITED, ...env }, both, flags);
}

async function openPages() {
  const all = await Promise.all(browsers.values());
  return all.flatMap((browser) => browser.contexts()).flatMap((context) => context.pages());
}

async function closePages() {
  for (const page of await openPages()) await page.context().close();
}

/** What each window shows, and what it complained of, where a test has failed. */
async function tellOfPages() {
  for (const page of await openPages()) {
    const shown = await page.locator("body").ariaSnapshot().catch(String);
    console.error(`\n${page.who} at ${page.url()}\n${shown.slice(0, 4_000)}`);
    console.error(page.faults.slice(0, 20).join("\n"));
  }
}

const lines = [];

/** A way of somebody's own to the server, which can be cut; it ends with the test. */
export async function lineTo(server) {
  const line = await Line.to(server.url);
  lines.push(line);
  return line;
}

/** The network of who came by that line is gone, while something happens. */
export async function cut(page, line, meanwhile) {
  line.cut();
  await page.context().setOffline(true);
  await meanwhile();
  line.mend();
  await page.context().setOffline(false);
}

/** Whether a page is to blame; a server or a network that is away is written down by the browser, too. */
export const isFault = (text) => !/net::ERR_|^WebSocket connection to/.test(text);

/** An empty window; what its page complains of is kept in `page.faults`. */
export async function windowOf(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.who = "Somebody";
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.faults.push(`${message.text()} ${message.location().url}`);
  });
  return page;
}

/** Somebody who has signed in by name, and looks at the page of that address. */
export async function enter(browser, server, name, path, options) {
  return signIn(await windowOf(browser, options), server, name, path);
}

/** Signs in by name in a window that is empty. */
export async function signIn(page, { url }, name, path) {
  page.who = name;
  await page.goto(`${url}/#${path}`);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: `Signed in as ${name}` }).waitFor();
  return page;
}

/** Somebody who came by a link with a token. */
export async function enterByLink(browser, { url }, token, options) {
  const page = await windowOf(browser, options);
  await page.goto(`${url}/#token=${token}`);
  await page.getByRole("button", { name: /^Signed in as / }).waitFor();
  return page;
}

/** A part of a test, without which what follows makes no sense. */
export async function step(t, name, run) {
  let failure;
  await t.test(name, async () => {
    try {
      await run();
    } catch (error) {
      failure = error;
      throw error;
    }
  });
  if (failure !== undefined) throw failure;
}

/** Waits until `read` gives what is wanted, and says what it gave if it never does. */
export async function until(read, isWanted, what, patience = PATIENCE_MS) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await read();
    if (isWanted(value)) return value;
    if (Date.now() > end) assert.fail(`${what}; it is ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A request over HTTP as somebody who has a token; the answer's JSON. */
export async function ask(server, token, method, path, body) {
  const response = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}
