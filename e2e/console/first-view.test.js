// What a browser fetches before anybody can use the console, with nothing in its cache.

import assert from "node:assert/strict";
import { test } from "node:test";

import { windowOf, withConsole } from "./browser.js";

/** Of the first view, heads of the answers included: 300 kB. */
const BYTES_MAX = 300_000;

test("the first view is small: of who signs in, and of who came by a link", async () => {
  await withConsole(async (server, browser) => {
    const token = server.token("ann", "--role", "admin");
    for (const [hash, isThere] of [
      ["", (page) => page.getByLabel("Your name")],
      [`#token=${token}`, (page) => page.getByText("No analysis yet")],
    ]) {
      const page = await windowOf(browser);
      const session = await page.context().newCDPSession(page);
      await session.send("Network.enable");
      let bytes = 0;
      session.on("Network.loadingFinished", ({ encodedDataLength }) => {
        bytes += encodedDataLength;
      });
      await page.goto(`${server.url}/${hash}`);
      await isThere(page).waitFor();
      await page.waitForLoadState("networkidle");
      assert.ok(bytes > 100_000 && bytes <= BYTES_MAX, `${hash === "" ? "sign-in" : "link"}: ${bytes} bytes`);
      await page.context().close();
    }
  });
});
