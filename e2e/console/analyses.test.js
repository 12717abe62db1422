// Two people have repositories analysed, at once: what becomes of it over kills and cuts, and what they read then.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, cut, enter, isFault, lineTo, step, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";
import { envOf, withModel } from "./model.js";
import { withRepositories } from "./repositories.js";

const STAGES = ["project_review", "intelligence_report", "interview_simulation"];

/** A server that fetches from a host of ours and asks a model of ours. */
const withAnalyses = (names, use) =>
  withRepositories(names, (host) =>
    withModel((model) => {
      const env = { ...host.env, ...envOf(model), QUINTET_ANALYSIS__WORKERS: "2" };
      return withConsole((server, browser) => use({ host, model, server, browser }), { env });
    }),
  );

test("two analyses come stage by stage, over kills of the server and a cut, and can be read then", async (t) => {
  await withAnalyses(["line", "store"], async ({ host, model, server, browser }) => {
    const line = await lineTo(server);
    const ann = await enter(browser, line, "Ann", "/analyses");
    const ben = await enter(browser, server, "Ben", "/analyses");
    const both = [ann, ben];
    const [annsOwn, bensOwn] = ["Ann", "Ben"].map((name) => () => own(server, name));

    await step(t, "killed while the repositories are fetched", async () => {
      const open = host.hold();
      await Promise.all([submit(ann, host.urlOf("line")), submit(ben, host.urlOf("store"))]);
      await Promise.all(both.map((page) => says(page, "The repository is read")));
      await Promise.all(both.map((page) => reaches(page, 0)));
      await server.restart();
      open();
      // Both are read, and are to be reviewed.
      for (const call of [await model.next(), await model.next()]) call.refuse();
      await Promise.all(both.map((page) => reaches(page, 33)));
      for (const page of both) {
        await page.getByRole("img", { name: /^Code quality: \d+ of 100$/ }).waitFor();
        assert.ok(await tab(page, "Report").isDisabled(), "there is a report before it was written");
      }
    });

    await step(t, "killed while the reports are written: no stage is lost, none is written anew", async () => {
      const held = [await model.next(), await model.next()];
      await server.restart(async () => {
        await Promise.all(held.map((call) => call.ended));
        await ben.getByRole("link", { name: "All analyses" }).click();
        await ben.getByRole("alert").waitFor();
      });
      // What could not be read is read once the server is back.
      await ben.getByRole("alert").waitFor({ state: "detached" });
      await ben.getByRole("link", { name: /^store/ }).click();
      for (const page of both) await reaches(page, 33);
      for (const read of [annsOwn, bensOwn]) assert.deepEqual((await read())[0].completedStages, STAGES.slice(0, 1));
      for (const call of [await model.next(), await model.next()]) call.refuse();
      await Promise.all(both.map((page) => reaches(page, 67)));
    });

    await step(t, "the network of one is cut while the last stage comes", async () => {
      const held = [await model.next(), await model.next()];
      await cut(ann, line, async () => {
        for (const call of held) call.refuse();
        await reaches(ben, 100);
        await until(annsOwn, ([one]) => one.status === "completed", "hers is not complete");
      });
      await reaches(ann, 100);
      await says(ann, "All three stages are there.");
    });

    await step(t, "each has one analysis, and nobody another's", async () => {
      for (const read of [annsOwn, bensOwn]) {
        const items = await read();
        assert.deepEqual(items.map(({ completedStages }) => completedStages), [STAGES]);
      }
      const bens = ben.url();
      await ben.goto(ann.url().replace(line.url, server.url));
      await ben.getByRole("alert").filter({ hasText: /not found|no such|does not exist/i }).waitFor();
      await ben.goto(bens);
      await tab(ben, "Questions").click();
    });

    await step(t, "what the stages say is what the server has", () => reads(ann, server, host));

    await step(t, "once deleted it is gone", async () => {
      await ann.getByRole("button", { name: "Delete this analysis" }).click();
      const question = ann.getByRole("dialog", { name: "Delete the analysis of line?" });
      await question.getByRole("button", { name: "Delete" }).click();
      await ann.getByText("No analysis yet").waitFor();
      assert.deepEqual(await annsOwn(), []);
      assert.equal((await bensOwn()).length, 1);
    });
  });
});

test("what cannot be analysed says why", async () => {
  await withAnalyses(["line"], async ({ host, model, server, browser }) => {
    model.answer = (call) => call.refuse();
    const ann = await enter(browser, server, "Ann", "/analyses");
    await submit(ann, "https://elsewhere.example/a/b");
    await ann.getByRole("alert").filter({ hasText: "elsewhere.example" }).waitFor();
    await judge(ann);
    await submit(ann, host.urlOf("nothing"));
    const alert = ann.getByRole("alert").filter({ hasText: "The review could not be written" });
    await alert.getByText(/^[A-Z_]+$/).waitFor();
    await says(ann, "The analysis ended here.");
    await judge(ann);
    await ann.getByRole("link", { name: "All analyses" }).click();
    await ann.getByRole("link", { name: /nothing/ }).getByText("Failed").waitFor();
    await judge(ann);
  });
});

/** Everything that Ann's page shows of her analysis. */
async function reads(ann, server, host) {
  const token = server.token("Ann");
  const [{ analysisId }] = await own(server, "Ann");
  const analysis = await ask(server, token, "GET", `/api/analysis/${analysisId}`);
  const { projectReview, intelligenceReport, interviewSimulation } = analysis;

  await tab(ann, "Review").click();
  for (const [name, { score }] of [
    ["Code quality", projectReview.codeQuality],
    ["Architecture", projectReview.architectureClarity],
    ["Employability", projectReview.employabilitySignal],
  ]) {
    await ann.getByRole("img", { name: `${name}: ${score} of 100` }).waitFor();
  }
  for (const { pattern } of projectReview.strengths) {
    await ann.getByText(pattern, { exact: true }).waitFor();
  }
  await ann.getByRole("button", { name: "Why these scores" }).first().click();
  await judge(ann);
  await opensLines(ann, host, projectReview.strengths.flatMap((it) => it.fileReferences));

  await tab(ann, "Report").click();
  const drawing = ann.getByRole("region", { name: "The components, drawn" });
  const { componentDiagram } = intelligenceReport.systemArchitecture;
  const modules = [...componentDiagram.matchAll(/\["([^<"]+)/g)].map(([, name]) => name);
  assert.ok(modules.length > 2, componentDiagram);
  for (const name of modules) await drawing.locator("svg").getByText(name).first().waitFor();
  await judge(ann);

  await tab(ann, "Questions").click();
  const panel = ann.getByRole("tabpanel", { name: "Questions" });
  const { questions } = interviewSimulation;
  await until(
    () => panel.getByRole("listitem").filter({ has: ann.getByText(/^\d+$/) }).count(),
    (count) => count === questions.length,
    `not ${questions.length} questions are there`,
  );
  await judge(ann);
  assert.deepEqual(ann.faults.filter(isFault), []);
}

/** The first citation with lines shows them, as they stand in the repository. */
async function opensLines(page, host, references) {
  const cited = references.find((reference) => /:\d+-\d+$/.test(reference));
  const [, path, from, to] = /^(.*):(\d+)-(\d+)$/.exec(cited);
  await page.getByTitle(`${path}, lines ${from} to ${to}`).first().click();
  const lines = page.getByRole("region", { name: `Lines of ${path}` });
  await lines.waitFor();
  const wanted = host.fileOf("line", path).split("\n").slice(Number(from) - 1, Number(to));
  const meant = lines.locator("[data-line].meant");
  await until(() => meant.count(), (count) => count === wanted.length, "other lines are meant");
  assert.deepEqual(
    (await meant.allInnerTexts()).map((text) => text.trim()),
    wanted.map((text) => text.trim()),
  );
  await judge(page);
  await page.getByRole("button", { name: "Close the lines" }).click();
  await lines.waitFor({ state: "detached" });
}

async function submit(page, url) {
  await page.getByLabel("Repository").fill(url);
  await page.getByRole("button", { name: "Analyse", exact: true }).click();
}

const says = (page, words) => page.getByRole("status").filter({ hasText: words }).waitFor();
const tab = (page, name) => page.getByRole("tab", { name });

/** The page is connected, and so far is the analysis on it. */
async function reaches(page, percent) {
  await page.getByRole("main").getByRole("status", { name: "live:" }).waitFor();
  const bar = page.getByRole("progressbar", { name: "Progress of the analysis" });
  await until(() => bar.getAttribute("aria-valuenow"), (now) => now === String(percent), `${percent} % is not reached`);
}

const own = async (server, name) => (await ask(server, server.token(name), "GET", "/api/analyses")).items;
