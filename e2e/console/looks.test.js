// What holds on every page: nothing is complained of in the console, nothing keeps a person out (axe, WCAG 2.0
// A and AA), and nobody has to scroll sideways; in both schemes, on a telephone and on a desk.

import assert from "node:assert/strict";
import { test } from "node:test";

import axe from "axe-core";

import { enterByLink, windowOf, withConsole } from "./browser.js";
import { PAGES, ROLE } from "./pages.js";

const LOOKS = ["light", "dark"].flatMap((colorScheme) =>
  [390, 1440].map((width) => ({ colorScheme, viewport: { width, height: 900 } })),
);

test("every page is open to everybody, at any size and in both schemes", async (t) => {
  await withConsole(async (server, browser) => {
    for (const look of LOOKS) {
      const { colorScheme, viewport } = look;
      const where = `${colorScheme}, ${viewport.width} px`;
      await t.test(`sign-in, ${where}`, async () => {
        const page = await windowOf(browser, look);
        await page.goto(server.url);
        await page.getByLabel("Your name").waitFor();
        await judge(page);
        await page.context().close();
      });
      for (const { path, name, shows } of PAGES) {
        await t.test(`${name}, ${where}`, async () => {
          const token = server.token("ann", "--role", ROLE);
          const page = await enterByLink(browser, server, token, look);
          await page.goto(`${server.url}/#${path}`);
          await shows(page).waitFor();
          await page.getByLabel("Loading").waitFor({ state: "detached" });
          await judge(page);
          await page.context().close();
        });
      }
    }
  });
});

/** What is wrong with a page, all of it at once. */
async function judge(page) {
  await still(page);
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const { violations: found } = await globalThis.axe.run({
      runOnly: { type: "tag", values: ["wcag2a", "wcag2aa"] },
    });
    return found.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
  });
  assert.deepEqual(violations, []);
  const { wide, room } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    room: document.documentElement.clientWidth,
  }));
  assert.ok(wide <= room, `${wide} px stand in ${room}`);
  assert.deepEqual(page.faults, []);
}

/** What moves into its place has done so: colours on the way are nobody's. */
async function still(page) {
  await page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
        .map(({ finished }) => finished.catch(() => {})),
    ),
  );
}
