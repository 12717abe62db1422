// The built documentation, as any server of files would serve it.

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const DIST = fileURLToPath(new URL("../../packages/site/dist", import.meta.url));
const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".svg": "image/svg+xml",
};

/** Every page of it, by its path. */
export function sitePages() {
  assert.ok(existsSync(DIST), "The site is not built: make site");
  return readdirSync(DIST, { recursive: true }).filter((path) => path.endsWith(".html"));
}

/** Serves it while `use` runs, which gets the address. */
export async function withSite(use) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://site");
    const path = join(DIST, pathname.endsWith("/") ? `${pathname}index.html` : pathname);
    const content = await readFile(path).catch(() => undefined);
    const type = TYPES[extname(path)] ?? "application/octet-stream";
    response.writeHead(content === undefined ? 404 : 200, { "content-type": type }).end(content);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
