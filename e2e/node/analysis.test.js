// Published packages of four languages, analysed by the running server: every stage arrives, every citation opens,
// Mermaid reads every diagram, and an interview runs to its summary.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { Client, bearer } from "./client.js";
import { withServer } from "./server.js";

const samples = join(homedir(), ".cache/quintet/samples");
const stages = ["project_review", "intelligence_report", "interview_simulation"];

/** Commits a folder. */
function commit(folder, subject) {
  const who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org", "-c", "commit.gpgsign=false"];
  execFileSync("git", ["-C", folder, ...who, "add", "-A"]);
  execFileSync("git", ["-C", folder, ...who, "commit", "-q", "-m", subject]);
}

/** A folder of repositories: the samples, and a tiny one. */
function withRepositories(use) {
  const root = mkdtempSync(join(tmpdir(), "quintet-repositories-"));
  const names = [...readdirSync(samples), "tiny"];
  for (const name of names) {
    const folder = join(root, name);
    execFileSync("git", ["init", "-q", "-b", "main", folder]);
    if (name === "tiny") {
      writeFileSync(join(folder, 'a"[b]|c.py'), "def main():\n    print('hello')\n");
    } else {
      cpSync(join(samples, name), folder, { recursive: true });
    }
    commit(folder, "Begin");
  }
  return use(root, names).finally(() => rmSync(root, { recursive: true, force: true }));
}

/** Every reference in a value. */
function* references(value) {
  if (Array.isArray(value)) {
    for (const one of value) yield* references(one);
  } else if (value && typeof value === "object") {
    for (const [name, one] of Object.entries(value)) {
      if (name === "fileReferences") yield* one;
      else yield* references(one);
    }
  }
}

/** A client of the HTTP routes, as one user. */
function http(url, token) {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  return {
    get: async (path) => {
      const answer = await fetch(url + path, { headers });
      return { status: answer.status, body: await answer.json() };
    },
    post: async (path, body) => {
      const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    },
  };
}

/** Has a repository analysed and waits for all its stages; what they say. */
async function analysed({ url, wsUrl, token }, folder) {
  const ann = http(url, token("ann"));
  const asked = await ann.post("/api/analyze", { repositoryUrl: folder });
  assert.ok([200, 201, 202].includes(asked.status), JSON.stringify(asked.body));
  const analysisId = asked.body.analysisId;
  const client = await Client.open(`${wsUrl}/v1/ws`, [], bearer(token("ann")));
  client.send({ type: "subscribe_analysis", payload: { analysisId } });
  let { completedStages } = (await client.receive("subscription_confirmed")).payload;
  while (completedStages.length < stages.length) {
    completedStages = (await client.receive("stage_completed")).payload.completedStages;
  }
  assert.deepEqual(completedStages, stages);
  const { body } = await ann.get(`/api/analysis/${analysisId}`);
  return { ann, analysisId, body, client };
}

/** Opens a citation as a reader would. */
async function open({ ann, analysisId }, reference) {
  const [, path, from, to] = /^(.*?)(?::(\d+)(?:-(\d+))?)?$/.exec(reference);
  const query = new URLSearchParams({ path, from: from ?? 1, to: to ?? from ?? 1 });
  const { status, body } = await ann.get(`/api/analysis/${analysisId}/files?${query}`);
  assert.equal(status, 200, `${reference}: ${JSON.stringify(body)}`);
}

test("published packages are analysed, every citation opens and every diagram parses", async () => {
  await withRepositories(async (root, names) => {
    const env = {
      QUINTET_ANALYSIS__LOCAL_ROOTS: root,
      QUINTET_LIMITS__HTTP__REQUESTS_PER_MINUTE: "0",
    };
    await withServer(env, async (server) => {
      const diagrams = [];
      for (const name of names) {
        const analysis = await analysed(server, join(root, name));
        const { projectReview, intelligenceReport, interviewSimulation } = analysis.body;
        const cited = new Set(references(analysis.body));
        for (const reference of cited) await open(analysis, reference);
        diagrams.push(intelligenceReport.systemArchitecture.componentDiagram);
        const bullets = intelligenceReport.resumeBullets.length;
        assert.ok(bullets >= 5 && bullets <= 7, `${name} has ${bullets} bullets`);
        const { questions } = interviewSimulation;
        if (name !== "tiny") {
          assert.equal(questions.length, 10, name);
          assert.ok(new Set(questions.map((question) => question.category)).size === 4, name);
          assert.ok(new Set([...references(questions)].map((it) => it.split(":")[0])).size >= 5, name);
          assert.ok(projectReview.strengths.length > 0 && projectReview.improvementAreas.length > 0);
        }
        assert.equal(new Set(questions.map(({ question }) => question)).size, questions.length);
        analysis.client.socket.close();
      }
      const script = fileURLToPath(new URL("mermaid.mjs", import.meta.url));
      const read = spawnSync(process.execPath, [script], { input: JSON.stringify(diagrams) });
      assert.equal(read.status, 0, String(read.stderr));
    });
  });
});

test("an interview about a published package runs to its summary", async () => {
  await withRepositories(async (root, names) => {
    const folder = join(root, names.find((name) => name.startsWith("flask")));
    await withServer({ QUINTET_ANALYSIS__LOCAL_ROOTS: root }, async (server) => {
      const { analysisId, client } = await analysed(server, folder);
      client.send({ type: "start_interview", payload: { analysisId, sessionType: "practice" } });
      const started = (await client.receive("interview_started")).payload;
      const { sessionId, totalQuestions } = started;
      let question = started.firstQuestion;
      let answered = 0;
      let summary;
      while (!summary) {
        const answer =
          "It keeps the parts apart, so that each can be tested and replaced alone; the cost is " +
          "one more indirection, because a reader has to follow the call from the entry point.";
        const { questionId } = question;
        client.send({ type: "submit_answer", payload: { sessionId, questionId, answer } });
        const evaluated = (await client.receive("answer_evaluated")).payload;
        const { score, exampleAnswer } = evaluated.evaluation;
        assert.ok(score >= 0 && score <= 100 && exampleAnswer.length > 20);
        if (evaluated.nextAction === "complete") {
          summary = (await client.receive("interview_complete")).payload.summary;
        } else {
          const type = evaluated.nextAction === "follow_up" ? "follow_up_question" : "next_question";
          question = (await client.receive(type)).payload;
        }
        answered += 1;
        assert.ok(answered <= 2 * totalQuestions, "at most one follow-up a question");
      }
      assert.equal(summary.questionsAnswered, totalQuestions);
      assert.match(summary.averageResponseTime, /^\d+ seconds$/);
      client.socket.close();
    });
  });
});
