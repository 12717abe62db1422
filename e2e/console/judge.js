// What holds on every page, whatever is on it: nothing keeps a person out (axe: WCAG 2.2 A and AA, and good
// practice), and nobody has to scroll sideways; in both schemes, on a telephone and on a desk.

import assert from "node:assert/strict";

import axe from "axe-core";

const LOOKS = ["light", "dark"].flatMap((colorScheme) =>
  [390, 1440].map((width) => ({ colorScheme, viewport: { width, height: 900 } })),
);

/** Judges a page as it is, in every look; afterwards it looks as before. */
export async function judge(page, looks = LOOKS) {
  const before = page.viewportSize();
  // Nothing is explained under the mouse, wherever another width puts it.
  await page.mouse.move(0, 0);
  const found = [];
  for (const { colorScheme, viewport } of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize(viewport);
    const where = `${colorScheme}, ${viewport.width} px: `;
    found.push(...(await faultsOf(page)).map((fault) => where + fault));
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize(before);
  assert.deepEqual(found, [], page.url());
}

/** What is wrong with a page, all of it at once. */
async function faultsOf(page) {
  await page.getByLabel(/^(Loading|Reading|Drawing)/).first().waitFor({ state: "detached" });
  await still(page);
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run({
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      // It counts as an experiment still: a name that is heard has in it the one that is seen.
      rules: { "label-content-name-mismatch": { enabled: true } },
    });
    const faults = violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
    const { scrollWidth: wide, clientWidth: room } = document.documentElement;
    return wide <= room ? faults : [...faults, `${wide} px stand in ${room}`];
  });
}

/** What moves into its place has done so: colours on the way are nobody's. */
async function still(page) {
  await page.evaluate(async () => {
    // A change of the scheme or the width begins to move things with the next frame.
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    await frame();
    await frame();
    await Promise.all(
      document
        .getAnimations()
        .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
        .map(({ finished }) => finished.catch(() => {})),
    );
  });
}
