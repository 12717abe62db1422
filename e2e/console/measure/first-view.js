// The first view: from the navigation to what can be seen and used, with nothing in the browser's cache.

import { windowOf, withConsole } from "../browser.js";
import { line, median } from "./recording.js";

const RUNS = 9;

export async function firstView() {
  await withConsole(async (server, browser) => {
    const token = server.token("ann", "--role", "admin");
    const views = {
      "sign-in": { hash: "", isThere: (page) => page.getByLabel("Your name") },
      "signed in by a link": { hash: `#token=${token}`, isThere: (page) => page.getByRole("navigation") },
    };
    for (const [name, { hash, isThere }] of Object.entries(views)) {
      const runs = [];
      for (let run = 0; run < RUNS; run += 1) {
        // A context of its own: its cache is empty.
        const page = await windowOf(browser);
        runs.push(await view(page, server.url + "/" + hash, isThere(page)));
        await page.context().close();
      }
      const of = (key) => runs.map((run) => run[key]);
      line(`first view, ${name}`, {
        "painted ms": median(of("painted")),
        "usable ms": median(of("usable")),
        "slowest usable ms": Math.max(...of("usable")),
        "fastest usable ms": Math.min(...of("usable")),
        "on the wire kB": median(of("bytes")) / 1_000,
        requests: median(of("requests")),
      });
    }
  });
}

async function view(page, url, there) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  let [bytes, requests] = [0, 0];
  session.on("Network.loadingFinished", ({ encodedDataLength }) => {
    bytes += encodedDataLength;
    requests += 1;
  });
  await page.goto(url, { waitUntil: "commit" });
  await there.waitFor();
  const usable = await page.evaluate(() => performance.now());
  await page.waitForLoadState("networkidle");
  const painted = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0,
  );
  return { painted, usable, bytes, requests };
}
