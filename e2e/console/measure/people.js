// The person whose page is measured.

import { join } from "node:path";

import { windowOf, withConsole } from "../browser.js";
import { UNLIMITED } from "./server.js";
import { countCommits } from "./recording.js";

/** The folder of a build of the console that no server has in it yet: it is measured in the place of the server's. */
const BUILD = process.env.QUINTET_CONSOLE;

/** A page that did not come from the server may not connect to it, unless Chromium is told so. */
const browserFlags = BUILD === undefined ? [] : ["--disable-features=LocalNetworkAccessChecks"];

/** A server without limits of rates that serves the console, and a Chromium. */
export const withServed = (use, env = {}) => withConsole(use, { env: { ...UNLIMITED, ...env }, browserFlags });

/** A page at that address, of somebody with that role, once its connection is live. */
export async function opened(browser, server, path, role = "admin") {
  const page = await windowOf(browser);
  await countCommits(page);
  if (BUILD !== undefined) await serve(page);
  await page.goto(`${server.url}/#token=${server.token("ann", "--name", "Ann", "--role", role)}`);
  await page.getByRole("button", { name: "Signed in as Ann" }).waitFor();
  await page.goto(`${server.url}/#${path}`);
  return page;
}

/** The connection that the page itself has is live. */
export const live = (page) =>
  page.getByRole("main").getByRole("status", { name: "live:" }).first().waitFor();

/** Answers from the folder what the server would from itself. */
async function serve(page) {
  await page.route(/\/console\/[^/]+$/, (route) =>
    route.fulfill({ path: join(BUILD, new URL(route.request().url()).pathname) }),
  );
  await page.route(/^https?:\/\/[^/]+\/$/, (route, request) =>
    request.resourceType() === "document"
      ? route.fulfill({ path: join(BUILD, "index.html") })
      : route.continue(),
  );
}
