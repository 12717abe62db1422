// Two people talk: one's microphone hears a spoken sentence, the other reads it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { PATIENCE_MS, browserWith, enter, withConsole } from "./browser.js";
import { judge } from "./judge.js";

const FLAGS = [
  "--use-fake-ui-for-media-stream",
  "--use-fake-device-for-media-stream",
  "--autoplay-policy=no-user-gesture-required",
];
const SENTENCE = "Tell me about the project that you are proud of.";

test("what one says into a microphone the other reads, and hears", async () => {
  await withSpeech(async (file) => {
    const microphone = [...FLAGS, `--use-file-for-fake-audio-capture=${file}`];
    await withConsole(
      async (server, browser) => {
        const other = await browserWith(FLAGS);
        const ann = await joined(browser, server, "Ann");
        const ben = await joined(other, server, "Ben");
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
        await judge(ben);
        await ann.getByRole("button", { name: "Mute" }).click();
        await ann.getByRole("button", { name: "End for all" }).click();
        const question = ann.getByRole("dialog", { name: "End the session?" });
        await question.getByRole("button", { name: "End for all" }).click();
        await ben.getByText("The session has ended. Its transcript stays.").waitFor();
        await ben.reload();
        await ben.getByRole("log", { name: "What was said" }).getByText(/project/i).first().waitFor();
        await judge(ben);
        assert.deepEqual([...ann.faults, ...ben.faults].filter(isFault), []);
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
      assert.deepEqual(ann.faults.filter(isFault), []);
    },
    { browserFlags: ["--use-fake-device-for-media-stream", "--deny-permission-prompts"] },
  );
});

/** Whoever has no notes yet is told so by 404, which a browser writes down. */
const isFault = (text) => !/404.*\/notes$/.test(text);

async function joined(browser, server, name, options = { permissions: ["microphone"] }) {
  const page = await enter(browser, server, name, "/voice/talk", options);
  await page.getByRole("status", { name: "live:" }).first().waitFor();
  return page;
}

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
