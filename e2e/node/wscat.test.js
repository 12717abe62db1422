// The command `wscat`, used as a person uses it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { test } from "node:test";

import { withServer } from "./server.js";

const require = createRequire(import.meta.url);
const wscat = require.resolve("wscat/bin/wscat");

/** Runs wscat, waits until it has printed `until`, and ends it; gives all it printed. */
function run(args, until) {
  const child = spawn(process.execPath, [wscat, "--no-color", ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  return new Promise((resolve, reject) => {
    let printed = "";
    const take = (bytes) => {
      printed += bytes;
      if (printed.includes(until)) {
        child.kill();
        resolve(printed);
      }
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("exit", () => reject(new Error(`${until} was not printed:\n${printed}`)));
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
