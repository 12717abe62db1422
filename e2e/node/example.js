// One of the engine's examples, as a server for a test.

import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const folder = process.env.QUINTET_EXAMPLES;

/** Starts the example on a port of the kernel's choice; `use` gets its URL, and it ends when `use` does. */
export async function withExample(name, options, use) {
  const child = spawn(join(folder, name), ["--listen", "127.0.0.1:0", ...options], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.startsWith("listening on ")) {
        await use(line.slice("listening on ".length).trim());
        return;
      }
    }
    throw new Error(`${name} does not listen`);
  } finally {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await ended;
    }
  }
}
