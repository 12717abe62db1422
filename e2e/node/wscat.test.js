// The command `wscat`, used as a person uses it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { test } from "node:test";

import { withServer } from "./server.js";

const require = createRequire(import.meta.url);
const wscat = require.resolve("wscat/bin/wscat");

/** Runs wscat on a terminal, waits until it has printed `until`, and ends it; gives what it printed. */
function run(args, until) {
  const words = [process.execPath, wscat, "--no-color", ...args];
  const command = words.map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (bytes) => {
      printed += bytes;
      if (printed.includes(until)) {
        child.kill();
        resolve(printed);
      }
    });
    child.on("close", () => reject(new Error(`${until} was not printed:\n${printed}`)));
  });
}

test("a message sent with wscat comes back", async () => {
  await withServer({}, async ({ wsUrl, token }) => {
    const header = `Authorization: Bearer ${token("ann", "--name", "Ann")}`;
    const message = JSON.stringify({ type: "message", data: { content: "Hello" } });
    const url = `${wsUrl}/api/chat/ws?contextId=math`;
    const printed = await run(["-c", url, "-H", header, "-x", message, "-w", "30"], "authorName");
    assert.match(printed, /"authorName":"Ann"/);
  });
});

test("wscat tells why a bad token was refused", async () => {
  await withServer({}, async ({ wsUrl }) => {
    const url = `${wsUrl}/api/chat/ws?token=nonsense`;
    const printed = await run(["-c", url], "Disconnected");
    assert.match(printed, /1008/);
  });
});
