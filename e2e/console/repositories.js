// A host of git repositories over https, as people have one in their house: git's own `http-backend` behind
// Node's web server.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Code to be analysed: our own, in a language that most can read. */
const SOURCES = fileURLToPath(new URL("../../packages/client/src", import.meta.url));

/** A host with a repository of each of these names, which ends when `use` does. */
export async function withRepositories(names, use) {
  const folder = mkdtempSync(join(tmpdir(), "quintet-host-"));
  const [key, cert] = ["key.pem", "cert.pem"].map((file) => join(folder, file));
  certify(key, cert);
  for (const name of names) make(join(folder, name), name);
  const host = { gate: Promise.resolve() };
  const tls = { key: readFileSync(key), cert: readFileSync(cert) };
  const server = createServer(tls, async (request, response) => {
    await host.gate;
    serve(folder, request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const place = `localhost:${server.address().port}`;
  host.urlOf = (name) => `https://${place}/${name}`;
  host.fileOf = (name, path) => readFileSync(join(folder, name, path), "utf8");
  host.env = { QUINTET_ANALYSIS__PRIVATE_HOSTS: place, QUINTET_ANALYSIS__CA_FILE: cert };
  /** From now on a clone waits, until what comes back is called. */
  host.hold = () => {
    let open;
    host.gate = new Promise((resolve) => {
      open = resolve;
    });
    return open;
  };
  try {
    await use(host);
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function certify(key, cert) {
  const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...name, "-keyout", key, "-out", cert], { stdio: "pipe" });
}

/** Our client as a repository with two commits. */
function make(repository, name) {
  mkdirSync(repository);
  const who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"];
  const git = (...words) => execFileSync("git", ["-C", repository, ...who, ...words], { stdio: "pipe" });
  git("init", "-q", "-b", "main");
  const about = { name, version: "1.0.0", type: "module", dependencies: { "socket.io-client": "4" } };
  writeFileSync(join(repository, "package.json"), JSON.stringify(about, undefined, 2));
  git("add", "-A");
  git("commit", "-q", "-m", "Begin");
  cpSync(SOURCES, join(repository, "src"), { recursive: true });
  writeFileSync(join(repository, "README.md"), `# ${name}\n\nTalks to a server, and comes back.\n`);
  git("add", "-A");
  git("commit", "-q", "-m", "Talk to a server");
}

/** One request to git's CGI program. */
function serve(root, request, response) {
  const { pathname, search } = new URL(request.url, "https://localhost");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env.PATH,
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
      GIT_PROTOCOL: request.headers["git-protocol"] ?? "",
      REQUEST_METHOD: request.method,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      CONTENT_LENGTH: request.headers["content-length"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      // A plain folder is a repository by what is in its `.git`.
      PATH_INFO: decodeURIComponent(pathname).replace(/^\/([^/]+)/, "/$1/.git"),
    },
    stdio: ["pipe", "pipe", "ignore"],
  });
  // Whoever asked may have been killed meanwhile.
  child.stdin.on("error", () => {});
  request.pipe(child.stdin);
  const said = [];
  child.stdout.on("data", (bytes) => said.push(bytes));
  child.on("close", () => answer(response, Buffer.concat(said)));
}

function answer(response, said) {
  const end = said.indexOf("\r\n\r\n");
  const headers = said.subarray(0, end).toString().split("\r\n");
  for (const line of headers) {
    const [name, value] = line.split(": ");
    if (name === "Status") response.statusCode = Number.parseInt(value, 10);
    else if (value !== undefined) response.setHeader(name, value);
  }
  response.end(said.subarray(end + 4));
}
