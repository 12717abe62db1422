// Two people talk: one's microphone hears a spoken sentence, the other reads it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { PATIENCE_MS, ask, browserWith, cut, enter, isFault, lineTo, step, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";

const FLAGS = [
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];
const TRANSCRIPT = "/api/voice/sessions/talk/transcript?format=json&limit=200";
const SENTENCE = "Tell me about the project that you are proud of.";

test("what one says into a microphone the other reads, and hears, also after a kill of the server", async () => {
  await withSpeech(async (file) => {
    const microphone = [...FLAGS, `--use-file-for-fake-audio-capture=${file}`];
    await withConsole(
      async (server, browser) => {
        const other = await browserWith(FLAGS);
        const ann = await joined(browser, server, "Ann");
        const ben = await joined(other, server, "Ben");
        const heard = await listening(ben);
        await ben.getByText("1 here already").waitFor();
        await ann.getByRole("status", { name: "Who is here" }).getByText("Ben").waitFor();
        await ann.getByRole("switch", { name: "Write down what I say" }).click();
        await ann.getByRole("switch", { name: "Write down what I say", checked: true }).waitFor();
        await ann.getByRole("button", { name: "Speak" }).click();
        await ann.getByRole("button", { name: "Mute" }).waitFor();
        for (const [page, who] of [
          [ben, "Ann"],
          [ann, "Ann"],
        ]) {
          const said = page.getByRole("log", { name: "What was said" });
          await said.getByText(/project/i).first().waitFor({ timeout: 2 * PATIENCE_MS });
          await said.getByText(who, { exact: true }).first().waitFor();
        }
        await ben.getByRole("status", { name: "Who is here" }).getByText("Ann").waitFor();
        const { players } = await until(heard, ({ seconds }) => seconds > 1, "Ben hears nothing");
        await judge(ben);

        const kept = async () => (await ask(server, server.token("Ben"), "GET", TRANSCRIPT)).items;
        const before = await kept();
        await server.restart();
        const isMore = (items) => items.slice(before.length).some(({ text }) => /project/i.test(text));
        await until(kept, isMore, "nothing is written down after the kill", 2 * PATIENCE_MS);
        assert.deepEqual((await kept()).slice(0, before.length), before);
        const isHeard = (now) => now.players > players && now.seconds > 1;
        await until(heard, isHeard, "Ben hears nothing after the kill");

        // Who comes while she speaks has not had the beginning of it.
        const cem = await joined(other, server, "Cem");
        const late = await listening(cem);
        await until(late, ({ seconds }) => seconds > 1, "Cem, who came later, hears nothing");
        await cem.close();
        await ann.getByRole("button", { name: "Mute" }).click();
        await ann.getByRole("button", { name: "End for all" }).click();
        const question = ann.getByRole("dialog", { name: "End the session?" });
        await question.getByRole("button", { name: "End for all" }).click();
        await ben.getByText("The session has ended. Its transcript stays.").waitFor();
        for (const page of [ann, ben]) {
          const texts = (await kept()).map(({ text }) => text);
          const read = () => page.getByRole("log", { name: "What was said" }).innerText();
          const isAll = (log) => texts.every((text) => log.split(text).length === texts.join().split(text).length);
          await until(read, isAll, `${page.who} reads something else than ${texts}`);
        }
        await ben.reload();
        await ben.getByRole("log", { name: "What was said" }).getByText(/project/i).first().waitFor();
        await judge(ben);
        assert.deepEqual([...ann.faults, ...ben.faults].filter(isToBlame), []);
      },
      // Where all tests run at once, the engine has to share its processors with them.
      { browserFlags: microphone, env: { QUINTET_AI__SPEECH__DEADLINE: "60s" } },
    );
  });
});

test("who may not use their microphone is told so, and reads along", async () => {
  await withConsole(
    async (server, browser) => {
      const ann = await joined(browser, server, "Ann", {});
      await ann.getByRole("button", { name: "Speak" }).click();
      const why = ann.getByRole("alert").filter({ hasText: "The microphone is not allowed" });
      await why.getByText("Allow the microphone beside the address of this page").waitFor();
      await ann.getByRole("button", { name: "Speak" }).waitFor();
      await judge(ann);
      assert.deepEqual(ann.faults.filter(isToBlame), []);
    },
    { browserFlags: ["--use-fake-device-for-media-stream", "--deny-permission-prompts"] },
  );
});

test("what is said while the server or somebody is away is read afterwards, once", async (t) => {
  await withConsole(async (server, browser) => {
    const line = await lineTo(server);
    const ann = await joined(browser, line, "Ann", {});
    const ben = await joined(browser, server, "Ben", {});
    const both = [ann, ben];
    const publisher = server.token("speech", "--role", "publisher");
    const path = "/api/voice/sessions/talk/transcriptions";
    const said = [];
    /** A speech engine of somebody else's has heard this. */
    const hears = async (userId, text, more = {}) => {
      await ask(server, publisher, "POST", path, { userId, text, ...more });
      if (more.isFinal !== false) said.push(text);
    };
    const read = async (pages) => {
      for (const page of pages) {
        await live(page);
        await until(() => linesOf(page), (lines) => lines.join("|") === said.join("|"), `${page.who} reads something else`);
      }
    };

    await step(t, "both read what each says", async () => {
      await hears("Ann", "I have built a bridge.");
      await hears("Ben", "And what did it carry?");
      await read(both);
      await judge(ann);
    });

    await step(t, "killed: both come back, see each other, and have all that was said", async () => {
      await server.restart();
      await hears("Ann", "Trains, at first.");
      await Promise.all(both.map(live));
      await hears("Ben", "At first?");
      await read(both);
      const people = (page) => page.getByRole("status", { name: "Who is here" }).innerText();
      for (const page of both) {
        await until(() => people(page), (text) => /Ann|Ben|1 /.test(text), "nobody else is here");
      }
    });

    await step(t, "the network of one is cut in the middle of a sentence", async () => {
      const itemId = "a-sentence";
      await hears("Ben", "Then what", { itemId, isFinal: false });
      await linesOf(ann);
      await until(() => linesOf(ann), (lines) => lines.at(-1)?.startsWith("Then what"), "it is not heard");
      await cut(ann, line, async () => {
        await hears("Ben", "Then what came over it?", { itemId });
        await hears("Ben", "I cannot hear you.");
        await read([ben]);
      });
      await read(both);
    });

    await step(t, "the server has the same", async () => {
      const kept = await ask(server, server.token("Ann"), "GET", TRANSCRIPT);
      assert.deepEqual(kept.items.map(({ text }) => text), said);
    });
  });
});

/** How many players somebody's page has had, wherever it keeps them, and how many seconds the newest has played. */
async function listening(page) {
  await page.addInitScript(() => {
    const { play } = HTMLMediaElement.prototype;
    globalThis.players = new Set();
    HTMLMediaElement.prototype.play = function playAndNote() {
      globalThis.players.add(this);
      return play.call(this);
    };
  });
  await page.reload();
  await live(page);
  return () =>
    page.evaluate(() => {
      const all = [...globalThis.players];
      return { players: all.length, seconds: all.at(-1)?.currentTime ?? 0 };
    });
}

const live = (page) => page.getByRole("main").getByRole("status", { name: "live:" }).waitFor();

/** What was said, without who said it and when. */
async function linesOf(page) {
  const lines = (await page.getByRole("log", { name: "What was said" }).innerText()).split("\n");
  return lines.map((line) => line.trim()).filter((line) => /[.?…]$/.test(line) && !/^Speak, and/.test(line));
}

/** Whoever has no notes yet is told so by 404, which a browser writes down. */
const isToBlame = (text) => isFault(text) && !/404.*\/notes$/.test(text);

async function joined(browser, server, name, options = { permissions: ["microphone"] }) {
  const page = await enter(browser, server, name, "/voice/talk", options);
  await page.getByRole("status", { name: "live:" }).first().waitFor();
  return page;
}

test("who is asked reads what they could answer, out of notes that only they see", async () => {
  await withConsole(async (server, browser) => {
    const ann = await joined(browser, server, "Ann", {});
    const ben = await joined(browser, server, "Ben", {});
    const action = "I rolled back the deployment and added a circuit breaker.";
    const notes = ben.getByRole("textbox", { name: "Your notes" });
    await notes.fill(`# Outage at Acme\nSituation: Our payment service went down.\nAction: ${action}`);
    await ben.getByText("Saved", { exact: true }).waitFor();
    const text = "Tell me about a time when your service was down";
    const publisher = server.token("speech", "--role", "publisher");
    await ask(server, publisher, "POST", "/api/voice/sessions/talk/transcriptions", { userId: "Ann", text });
    const suggested = ben.getByRole("region", { name: "Suggestions" });
    await suggested.getByText(action).first().waitFor();
    await suggested.getByText(text).first().waitFor();
    await judge(ben);
    await ann.getByRole("log", { name: "What was said" }).getByText(text).waitFor();
    assert.equal(await ann.getByText(action).count(), 0);
    await ben.reload();
    await until(() => notes.inputValue(), (kept) => kept.includes(action), "the notes are gone");
    assert.deepEqual([...ann.faults, ...ben.faults].filter(isToBlame), []);
  });
});

/** A file with the sentence and silence after it, spoken by flite, as Chromium's microphone plays it on and on. */
async function withSpeech(use) {
  const folder = mkdtempSync(join(tmpdir(), "quintet-speech-"));
  const [spoken, heard] = ["spoken.wav", "heard.wav"].map((name) => join(folder, name));
  try {
    execFileSync("flite", ["-voice", "slt", "-t", SENTENCE, "-o", spoken]);
    execFileSync("sox", [spoken, "-r", "48000", "-c", "1", heard, "pad", "1", "2"]);
    await use(heard);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
