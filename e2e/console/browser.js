// A headless Chromium with people in it: each has a window of their own, signed in to a running server.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

import { withServer } from "../node/server.js";

/** How long anything on a page may take: a machine that also compiles is slow. */
export const PATIENCE_MS = 30_000;

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

/** A Chromium, which ends when `use` does. */
export async function withBrowser(use, flags = []) {
  const executablePath = process.env.QUINTET_CHROMIUM ?? PLACES.find(existsSync);
  assert.ok(executablePath, "There is no Chromium: .ci/need browser");
  // As root it has no sandbox; what it opens is our own page.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await chromium.launch({ executablePath, args: [...FLAGS, ...sandbox, ...flags] });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** A server in development mode that serves the console, and a Chromium. */
export async function withConsole(use, { env = {}, flags = ["--dev"], browserFlags = [] } = {}) {
  const both = (server) => withBrowser((browser) => use(server, browser), browserFlags);
  await withServer({ ...UNLIMITED, ...env }, both, flags);
}

/** An empty window; what its page complains of is kept in `page.faults`. */
export async function windowOf(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.faults.push(`${message.text()} ${message.location().url}`);
  });
  return page;
}

/** Somebody who has signed in by name, and looks at the page of that address. */
export async function enter(browser, server, name, path, options) {
  const page = await windowOf(browser, options);
  await page.goto(`${server.url}/#${path}`);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: `Signed in as ${name}` }).waitFor();
  return page;
}

/** Somebody who came by a link with a token. */
export async function enterByLink(browser, server, token, options) {
  const page = await windowOf(browser, options);
  await page.goto(`${server.url}/#token=${token}`);
  await page.getByRole("button", { name: /^Signed in as / }).waitFor();
  return page;
}

/** Waits until `read` gives what is wanted, and says what it gave if it never does. */
export async function until(read, isWanted, what) {
  const end = Date.now() + PATIENCE_MS;
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
