// The documentation in a browser: open to everybody, whole without any other server, and each message that a
// client may send is tried from its page against the running binary.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { ask, browserWith, windowOf, withConsole } from "./browser.js";
import { judge } from "./judge.js";
import { sitePages, withSite } from "./site.js";

const TELEPHONE = { width: 390, height: 844 };
const DESK = { width: 1440, height: 900 };
/** Of the looks of the console these two, since all these pages are made alike. */
const LOOKS = [
  { colorScheme: "light", viewport: DESK },
  { colorScheme: "dark", viewport: TELEPHONE },
];
/** The form with which a protocol is tried. */
const formOf = (page) => page.getByLabel("Try it against a running server");

/** What is tried on a page, in order: a message, and what is heard then, if anything is. */
const TRIALS = {
  chat: [
    ["message", "message"],
    ["history", "history"],
    ["members", "members"],
    ["typing"],
    ["ping", "pong"],
    ["auth", "authenticated"],
  ],
  analytics: [
    ["subscribe", "metric_update"],
    ["unsubscribe", "unsubscribed"],
    ["ping", "pong"],
    ["auth", "authenticated"],
  ],
  collaboration: [
    ["join_session", "session_joined"],
    ["edit", "edit_ack"],
    ["cursor"],
    ["role", "role_changed"],
    ["lock", "lock_changed"],
    ["ping", "pong"],
    ["auth", "authenticated"],
    ["leave_session", "session_left"],
    ["join_session", "session_joined"],
    ["close_session", "session_closed"],
  ],
  yjs: [["sync", "sync"], ["awareness", "awareness"], ["queryAwareness"]],
  deals: [
    ["subscribeToDeals", "subscriptionConfirmed"],
    ["joinRoom", "roomJoined"],
    ["sendMessage", "messageSent"],
    ["notificationAck", "ackConfirmed"],
    ["refreshToken", "tokenRefreshed"],
    ["ping", "pong"],
    ["leaveRoom", "roomLeft"],
    ["unsubscribeFromDeals", "subscriptionCancelled"],
  ],
  sessions: [
    ["join", "session_state"],
    ["typing"],
    ["message", "agent_response"],
    ["cancel"],
    ["leave", /^Closed: 1000/],
  ],
  voice: [
    ["session:join", "session:joined"],
    ["session:status", "session:status:updated"],
    ["audio:stream", "audio:stream acknowledged"],
    // Not every machine has an engine that hears.
    ["transcription:start", /^transcription:(started|error)$/],
    ["transcription:request", /^transcription:(completed|error)$/],
    ["transcription:stop", /^transcription:(stopped|error)$/],
    ["session:leave", "session:left"],
  ],
  analysis: [
    ["subscribe_analysis", "subscription_confirmed"],
    ["start_interview", "interview_started"],
    ["pause_interview", "interview_paused"],
    ["resume_interview", "interview_resumed"],
    ["submit_answer", "answer_evaluated"],
    ["ping", "pong"],
    ["authenticate", "authenticated"],
    ["unsubscribe_analysis", "unsubscription_confirmed"],
  ],
};

test("every page is open to everybody, whole without another server", async (t) => {
  await withSite(async (site) => {
    const page = await windowOf(await browserWith(), { viewport: DESK });
    page.on("request", (request) => {
      if (!request.url().startsWith(site)) page.faults.push(`asks ${request.url()}`);
    });
    for (const path of sitePages()) {
      await t.test(path, async () => {
        page.faults.length = 0;
        await page.goto(`${site}/${path}`);
        await judge(page, LOOKS);
        assert.deepEqual(page.faults, []);
      });
    }
    await page.context().close();
  });
});

test("what is searched for is found, and an address that is none says so", async () => {
  await withSite(async (site) => {
    const page = await windowOf(await browserWith(), { viewport: DESK });
    await page.goto(site);
    for (const [word, title] of [["restore", "Backup and restore"], ["useDeals", "useDeals"]]) {
      await page.getByRole("button", { name: /Search/ }).first().click();
      await page.getByRole("searchbox").fill(word);
      await page.getByRole("option").filter({ hasText: title }).first().click();
      await page.getByRole("heading", { name: title }).first().waitFor();
    }
    await page.goto(`${site}/404.html`);
    await page.getByRole("link", { name: "quick start", exact: true }).click();
    await page.getByRole("heading", { name: "Quick start", level: 1 }).waitFor();
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});

test("every message that a client may send is tried on its page", async (t) => {
  const folder = repository();
  await withSite(async (site) => {
    const env = { FRONTEND_URL: site, QUINTET_ANALYSIS__LOCAL_ROOTS: folder };
    const use = async (server, browser) => {
      for (const [channel, steps] of Object.entries(TRIALS)) {
        await t.test(channel, async () => {
          const page = await opened(browser, site, server, channel);
          if (channel === "analysis") await analysed(page, folder, server);
          if (channel === "sessions") await made(page, "Start one");
          await connect(page);
          if (channel === "deals") await notify(server, page);
          for (const [name, heard] of steps) await trying(page, name, heard);
          const offered = await formOf(page).getByLabel("Message", { exact: true }).locator("option").allInnerTexts();
          const tried = new Set(steps.map(([name]) => name));
          assert.deepEqual(offered.filter((name) => !tried.has(name)), [], "never tried");
          assert.deepEqual(page.faults, []);
          await page.context().close();
        });
      }
    };
    await withConsole(use, { env });
  });
  rmSync(folder, { recursive: true });
});

test("a token may also come in a message, and from outside", async () => {
  await withSite(async (site) => {
    const use = async (server, browser) => {
      const page = await opened(browser, site, server, "chat");
      const form = formOf(page);
      await form.getByLabel("Token in the").selectOption("first message");
      await form.getByLabel("Who").selectOption("by token");
      await form.getByLabel("Token", { exact: true }).fill(server.token("cid"));
      await connect(page);
      await form.getByRole("button", { name: "Send", exact: true }).click();
      await hears(form, "authenticated");
      assert.match(await form.getByRole("log").innerText(), /"userId": "cid"/);
      await trying(page, "message", "message");
    };
    await withConsole(use, { env: { FRONTEND_URL: site } });
  });
});

test("where the server does not allow the page, the form says what to do", async () => {
  await withSite(async (site) => {
    await withConsole(async (server, browser) => {
      const page = await opened(browser, site, server, "chat");
      await formOf(page).getByRole("button", { name: "Connect" }).click();
      await formOf(page).getByRole("status").getByText(`FRONTEND_URL=${site}`).waitFor();
    });
  });
});

test("the configuration in the papers is one that the server takes, and its metrics are those that it tells", async () => {
  const papers = fileURLToPath(new URL("../../docs/", import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), "quintet-site-"));
  for (const name of ["configuration.md", "operations.md", "handlers.md"]) {
    for (const [, toml] of readFileSync(papers + name, "utf8").matchAll(/^```toml\n([^]*?)^```$/gm)) {
      const file = join(folder, "quintet.toml");
      writeFileSync(file, toml);
      execFileSync(process.env.QUINTET_BINARY, ["check-config", "--config", file], { env: {} });
    }
  }
  rmSync(folder, { recursive: true });
  await withConsole(async (server) => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const told = [...text.matchAll(/^# HELP (\w+) (.*)$/gm)];
    const page = readFileSync(`${papers}metrics.md`, "utf8");
    const lines = [...page.matchAll(/^\| `(\w+?)(?:_total|_info)?` \| \w+ \| .* \| (.*) \|$/gm)];
    const plain = (found) => found.map(([, name, help]) => `${name}: ${help}`).sort();
    assert.deepEqual(plain(lines), plain(told));
  });
});

/** A window with the page of a protocol, whose form knows the server. */
async function opened(browser, site, server, channel) {
  const page = await windowOf(browser, { viewport: DESK });
  await page.goto(`${site}/protocols/${channel}.html`);
  await formOf(page).getByLabel("Server").fill(server.url);
  return page;
}

async function connect(page) {
  await formOf(page).getByRole("button", { name: "Connect", exact: true }).click();
  await formOf(page).getByRole("status").getByText("Connected", { exact: true }).waitFor();
}

/** Has the server make what the page's messages name. */
async function made(page, label) {
  await formOf(page).getByRole("button", { name: label }).click();
  await formOf(page).getByText(/^POST /).waitFor();
}

/** Sends the example of a message as it stands there, and hears what comes of it. */
async function trying(page, name, heard) {
  const form = formOf(page);
  const clear = form.getByRole("button", { name: "Clear the log" });
  if (await clear.isVisible()) await clear.click();
  await page.getByRole("button", { name: `Try ${name}`, exact: true }).click();
  await form.getByRole("button", { name: "Send", exact: true }).click();
  await form.locator(".sent").getByText(name, { exact: true }).waitFor();
  if (heard !== undefined) await hears(form, heard);
  const errors = await form.locator(".heard").getByText("error", { exact: true }).count();
  assert.equal(errors, 0, `${name}: ${await form.getByRole("log").innerText()}`);
}

async function hears(form, name) {
  await form.locator(".entry:not(.sent) strong").getByText(name, { exact: true }).first().waitFor();
}

/** A notification comes to whoever stands in the form, which then knows its id. */
async function notify(server, page) {
  const publisher = server.token("shop", "--role", "publisher");
  const body = { title: "A lamp", body: "It is cheaper than 80 EUR" };
  await ask(server, publisher, "POST", "/api/users/Ann/notifications", body);
  await hears(formOf(page), "Notification");
}

/** Has a repository of this machine analysed, and waits until there are questions. */
async function analysed(page, folder, server) {
  await formOf(page).getByLabel("Repository").fill(folder);
  await made(page, "Have it analysed");
  const id = await formOf(page).getByLabel("Analysis", { exact: true }).inputValue();
  const token = server.token("Ann");
  for (let status = ""; status !== "completed"; ) {
    ({ status } = await ask(server, token, "GET", `/api/analysis/${id}/status`));
    assert.notEqual(status, "failed");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A small repository with something to ask about. */
function repository() {
  const folder = mkdtempSync(join(tmpdir(), "quintet-site-"));
  const lines = ["import time", "", "CACHE = {}", "", "def fetch(key, seen=[]):", "    seen.append(key)"];
  const more = ["    if key not in CACHE:", "        CACHE[key] = time.time()", "    return CACHE[key]", ""];
  writeFileSync(join(folder, "cache.py"), [...lines, ...more].join("\n"));
  writeFileSync(join(folder, "README.md"), "# Cache\n\nKeeps what was fetched.\n");
  const git = (...words) => execFileSync("git", ["-C", folder, ...words], { stdio: "ignore" });
  git("init", "--quiet");
  git("add", ".");
  git("-c", "user.name=Ann", "-c", "user.email=ann@example.org", "commit", "--quiet", "-m", "Begin");
  return folder;
}
