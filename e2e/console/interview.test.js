// Two people are interviewed at once, each about code of their own: nothing that was answered is lost or judged
// twice, whatever happens to server and network.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, cut, enter, lineTo, step, until, withConsole } from "./browser.js";
import { judge } from "./judge.js";
import { envOf, withModel } from "./model.js";
import { withRepositories } from "./repositories.js";

const GOOD =
  "It keeps one state machine for the connection, so that every protocol above it sees the same states; " +
  "the cost is that `Connection` knows of tokens, timers and the queue at once, which I would take apart by " +
  "moving the queue of requests into a class of its own with a bound.";
const MORE = `${GOOD} And more.`;
const AGAIN = `${GOOD} Again.`;
const SHORT = "It is fine.";
/** What a model makes of the good one: middling, so that it is asked again. */
const JUDGEMENT = JSON.stringify({
  points: [
    { point: 0, verdict: "made", quote: "keeps one state machine for the connection" },
    { point: 1, verdict: "made", quote: "moving the queue of requests into a class of its own" },
  ],
  score: 60,
  strengths: ["It names what the code is made of."],
  weaknesses: ["It does not say what happens under load."],
  feedback: "A fair answer, as far as it goes.",
});

test("an interview goes from its first question to its summary, over kills, a cut and a pause", async (t) => {
  await withInterviews(async ({ model, server, browser, analyse }) => {
    model.answer = (call) => call.refuse();
    const [aboutLine, aboutStore] = await Promise.all([analyse("Ann", "line"), analyse("Ben", "store")]);
    model.answer = undefined;
    const line = await lineTo(server);
    const ann = await enter(browser, line, "Ann", "/interview");
    const ben = await enter(browser, server, "Ben", `/interview/${aboutStore}`);
    const kept = (page) => {
      const sessionId = page.url().split("/").at(-1);
      return ask(server, server.token(page.who), "GET", `/api/interviews/${sessionId}`);
    };
    /** What was answered, as the server has it and as the page shows it. */
    const answered = async (page, answers) => {
      await until(() => exchanges(page).count(), (now) => now === answers.length, "other answers are shown");
      const { transcript } = await kept(page);
      assert.deepEqual(transcript.map(({ answer }) => answer), answers);
    };

    await step(t, "both begin, and are asked their first question", async () => {
      await judge(ann);
      await begins(ann, "Practice");
      assert.ok(ann.url().includes(`/interview/${aboutLine}/`), ann.url());
      await begins(ben, "Live");
      await ann.getByRole("timer", { name: /^Time for this question: 0:\d\d$/ }).waitFor();
      await ann.getByText("0:01").waitFor();
      await judge(ann);
    });

    await step(t, "an answer that is judged slowly: its evaluation unfolds when it comes", async () => {
      await box(ann).fill(GOOD);
      const waiting = ann.getByRole("button", { name: "Answer" }).and(ann.locator("[data-loading]"));
      await Promise.all([waiting.waitFor(), box(ann).press("Control+Enter")]);
      (await model.next()).refuse();
      const last = ann.getByRole("region", { name: "What was said so far" });
      await last.getByText(GOOD).waitFor();
      await last.getByRole("button", { name: "An example of a good answer" }).waitFor();
      await answered(ann, [GOOD]);
      await judge(ann);
    });

    await step(t, "killed while answers are judged: each is judged, once", async () => {
      await Promise.all([says(ann, MORE), says(ben, GOOD)]);
      for (const _ of [ann, ben]) await model.next();
      model.answer = (call) => call.refuse();
      await server.restart();
      await answered(ann, [GOOD, MORE]);
      await answered(ben, [GOOD]);
      for (const page of [ann, ben]) await page.getByRole("status", { name: "interview:" }).waitFor();
      // Who is held as in a real interview reads no example.
      assert.equal(await ben.getByRole("button", { name: "An example of a good answer" }).count(), 0);
    });

    await step(t, "who gives a middling answer is asked about it again", async () => {
      model.answer = (call) => call.answer(JUDGEMENT);
      for (const page of [ann, ben]) {
        await says(page, AGAIN);
        const said = page.getByRole("region", { name: "What was said so far" });
        await said.getByText("A fair answer, as far as it goes.").first().waitFor();
        const question = page.getByRole("region", { name: "The question" });
        await question.getByText(/^Follow-up:/).waitFor();
      }
      model.answer = (call) => call.refuse();
      await judge(ann);
    });

    await step(t, "the network is cut while somebody answers: the answer arrives, once", async () => {
      await cut(ann, line, async () => {
        await ann.getByRole("status", { name: /^(connecting|offline)/ }).waitFor();
        await says(ann, SHORT);
        await says(ben, SHORT);
        await answered(ben, [GOOD, AGAIN, SHORT]);
      });
      await answered(ann, [GOOD, MORE, AGAIN, SHORT]);
    });

    await step(t, "a pause hides the question; what was written comes back with it, on a page that loads anew too", async () => {
      await box(ann).fill("Half an answer");
      const asked = await posed(ann).innerText();
      await ann.getByRole("button", { name: "Pause the interview" }).click();
      await ann.getByRole("heading", { name: "Paused" }).waitFor();
      assert.equal(await posed(ann).count(), 0);
      await judge(ann);
      await ann.reload();
      await ann.getByRole("button", { name: "Go on" }).click();
      await posed(ann).waitFor();
      assert.equal(await posed(ann).innerText(), asked);
      assert.equal(await box(ann).inputValue(), "Half an answer");
      await answered(ann, [GOOD, MORE, AGAIN, SHORT]);
    });

    await step(t, "to the end: the summary is the server's, with the four categories drawn", async () => {
      await answersAll(ann);
      const { summary, transcript, totalQuestions } = await kept(ann);
      assert.equal(transcript.filter(({ questionType }) => questionType === undefined).length, totalQuestions);
      const { architecture, implementation, tradeoffs, scalability } = summary.categoryScores;
      const radar =
        `Scores by category, of 100: Architecture ${architecture}, Implementation ${implementation}, ` +
        `Trade-offs ${tradeoffs}, Scalability ${scalability}`;
      await ann.getByRole("img", { name: radar }).waitFor();
      await ann.getByRole("img", { name: `Overall: ${summary.overallScore} of 100` }).waitFor();
      await answered(ann, transcript.map(({ answer }) => answer));
      await judge(ann);
      // Ben's goes on, with his answers alone.
      await answered(ben, [GOOD, AGAIN, SHORT]);
      await ann.reload();
      await ann.getByRole("img", { name: radar }).waitFor();
      await ann.getByRole("link", { name: "Another interview" }).click();
      await ann.getByRole("button", { name: "Begin", exact: true }).waitFor();
    });
  });
});

/** A server with an analysis of somebody's own, and a model that judges when a test lets it. */
async function withInterviews(use) {
  await withRepositories(["line", "store"], (host) =>
    withModel(async (model) => {
      const env = { ...host.env, ...envOf(model) };
      await withConsole((server, browser) => {
        const analyse = (name, repository) => analysed(server, name, host.urlOf(repository));
        return use({ model, server, browser, analyse });
      }, { env });
    }),
  );
}

async function analysed(server, name, repositoryUrl) {
  const token = server.token(name);
  const { analysisId } = await ask(server, token, "POST", "/api/analyze", { repositoryUrl });
  const path = `/api/analysis/${analysisId}`;
  await until(() => ask(server, token, "GET", path), ({ status }) => status === "completed", "no analysis");
  return analysisId;
}

async function begins(page, how) {
  await page.getByRole("radio", { name: how }).click();
  await page.getByRole("button", { name: "Begin", exact: true }).click();
  await page.getByText(/^Question 1 of \d+$/).waitFor();
  await page.getByRole("status", { name: "interview:" }).waitFor();
}

const box = (page) => page.getByLabel("Your answer");
const posed = (page) => page.getByRole("region", { name: "The question" }).getByRole("heading", { level: 3 });
const exchanges = (page) => page.getByRole("heading", { level: 4, name: /^Score: / });

async function says(page, text) {
  await box(page).fill(text);
  await page.getByRole("button", { name: "Answer", exact: true }).click();
}

/** Answers whatever is asked until nothing is. */
async function answersAll(page) {
  const over = page.getByRole("region", { name: "Summary" });
  for (let count = await exchanges(page).count(); (await over.count()) === 0; count += 1) {
    await says(page, `${GOOD} That is answer ${count}.`);
    const isBehind = (now) => now > count;
    await until(() => exchanges(page).count(), isBehind, "the answer is not judged");
    await over.or(box(page)).first().waitFor();
  }
}
