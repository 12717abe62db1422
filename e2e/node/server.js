// The running binary for a test, as an operator would start it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const binary = process.env.QUINTET_BINARY;

/**
 * Starts a server with data of its own; `use` gets it, and it ends when `use` does. `extra` is its environment,
 * `flags` are those of `quintet serve`.
 */
export async function withServer(extra, use, flags = []) {
  const folder = mkdtempSync(join(tmpdir(), "quintet-"));
  const env = { PATH: process.env.PATH, ...extra };
  const start = (address) =>
    spawn(binary, ["serve", "--listen", address, "--data-dir", folder, ...flags], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
  let child = start("127.0.0.1:0");
  try {
    const url = await listening(child);
    /** Kills the server, and starts it anew at the same address, after what happens meanwhile. */
    const restart = async (meanwhile = () => {}) => {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
      await meanwhile();
      child = start(new URL(url).host);
      await listening(child);
    };
    const token = (sub, ...options) =>
      execFileSync(binary, ["token", "--sub", sub, "--data-dir", folder, ...options], { env })
        .toString()
        .trim();
    await use({ url, wsUrl: url.replace(/^http/, "ws"), token, child, restart });
  } finally {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    if (child.exitCode === null && child.signalCode === null) {
      child.kill("SIGKILL");
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The address the server prints once it accepts. */
async function listening(child) {
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("listening on ")) {
      return line.slice("listening on ".length).trim();
    }
  }
  throw new Error("the server does not listen");
}
