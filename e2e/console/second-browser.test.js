// An interview goes on in a browser that has never seen it: what it needs to know is the server's.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, enter, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";
import { withRepositories } from "./repositories.js";

test("an interview is found, timed and gone on with in another browser", async () => {
  await withRepositories(["line"], async (host) => {
    const journey = (server, browser) => interviewed(server, browser, host.urlOf("line"));
    await withConsole(journey, { env: host.env });
  });
});

async function interviewed(server, browser, repositoryUrl) {
  const analysisId = await analysed(server, "Ann", repositoryUrl);
  const here = await enter(browser, server, "Ann", `/interview/${analysisId}`);
  await here.getByRole("button", { name: "Begin", exact: true }).click();
  await here.getByText(/^Question 1 of/).waitFor();
  await until(() => secondsOn(here), (seconds) => seconds >= 2, "The clock stands");
  // What stands on the clock was told by the server before, so that a reload does not set it back.
  await here.reload();
  assert.ok((await secondsOn(here)) >= 2);
  await here.getByRole("button", { name: "Pause the interview" }).click();
  await here.getByRole("heading", { name: "Paused" }).waitFor();
  const paused = await secondsOn(here);

  const there = await enter(browser, server, "Ann", "/interview");
  const listed = there.getByRole("link", { name: /Practice, 0 of .* Paused/ });
  await listed.waitFor();
  await judge(there);
  await listed.click();
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

/** An analysis that is complete; its id. */
async function analysed(server, name, repositoryUrl) {
  const token = server.token(name);
  const { analysisId } = await ask(server, token, "POST", "/api/analyze", { repositoryUrl });
  const path = `/api/analysis/${analysisId}`;
  await until(() => ask(server, token, "GET", path), ({ status }) => status === "completed", "no analysis");
  return analysisId;
}

/** What the clock of the question shows. */
async function secondsOn(page) {
  const face = await page.getByRole("timer").textContent();
  const [minutes, seconds] = face.split(":").map(Number);
  return minutes * 60 + seconds;
}
