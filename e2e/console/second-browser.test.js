// An interview goes on in a browser that has never seen it: what it needs to know is the server's.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { enter, until, withConsole } from "./browser.js";

test("an interview is found, timed and gone on with in another browser", async () => {
  const root = mkdtempSync(join(tmpdir(), "quintet-root-"));
  try {
    const env = { QUINTET_ANALYSIS__LOCAL_ROOTS: root };
    await withConsole((server, browser) => journey(server, browser, shop(root)), { env });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

async function journey(server, browser, folder) {
  const here = await enter(browser, server, "Ann", "/analyses");
  await here.getByRole("textbox", { name: /repository/i }).fill(`file://${folder}`);
  await here.getByRole("textbox", { name: /repository/i }).press("Enter");
  await here.getByRole("link", { name: "Interview" }).and(here.locator("main a")).first().click();
  await here.getByRole("button", { name: "Begin" }).click();
  await here.getByText(/^Question 1 of/).waitFor();
  await until(() => secondsOn(here), (seconds) => seconds >= 2, "The clock stands");
  // What stands on the clock was told by the server before, so that a reload does not set it back.
  await here.reload();
  assert.ok((await secondsOn(here)) >= 2);
  await here.getByRole("button", { name: "Pause the interview" }).click();
  await here.getByRole("heading", { name: "Paused" }).waitFor();
  const paused = await secondsOn(here);

  const there = await enter(browser, server, "Ann", "/interview");
  await there.getByRole("link", { name: /Practice, 0 of .* Paused/ }).click();
  await there.getByRole("heading", { name: "Paused" }).waitFor();
  assert.equal(await secondsOn(there), paused);
  await there.getByRole("button", { name: "Go on" }).click();
  await there.getByRole("textbox", { name: "Your answer" }).fill("I do not know that part.");
  assert.ok((await secondsOn(there)) >= paused);
  await there.getByRole("button", { name: "Answer" }).click();
  await there.getByText(/^Question 2 of/).waitFor();
  await there.getByText("I do not know that part.").waitFor();
  assert.deepEqual([...here.faults, ...there.faults], []);
}

/** What the clock of the question shows. */
async function secondsOn(page) {
  const face = await page.getByRole("timer").textContent();
  const [minutes, seconds] = face.split(":").map(Number);
  return minutes * 60 + seconds;
}

/** A small repository; its folder. */
function shop(root) {
  const folder = join(root, "shop");
  const git = (...words) =>
    execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@b", ...words]);
  execFileSync("git", ["init", "-q", folder]);
  for (const name of ["cart", "order", "store", "price", "user"]) {
    const lines = [`"""The ${name}s of the shop."""`, `class ${name}:`];
    for (let nth = 0; nth < 12; nth += 1) {
      lines.push(`    def step_${nth}(self, value):`, `        return value + ${nth}`, "");
    }
    writeFileSync(join(folder, `${name}.py`), lines.join("\n"));
  }
  git("add", ".");
  git("commit", "-qm", "A shop");
  return folder;
}
