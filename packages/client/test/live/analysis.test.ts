import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { Api } from '../../src/api.js';
import { AnalysisClient } from '../../src/index.js';
import { listInterviews, readInterview } from '../../src/interviews.js';
import { until } from './until.js';

interface Server {
  url: string;
  token: (sub: string) => string;
  restart: () => Promise<void>;
}

/** A small repository of its own, for `use`. */
async function withRepository(use: (folder: string, root: string) => Promise<void>): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'quintet-root-'));
  const folder = join(root, 'shop');
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words]);
  try {
    execFileSync('git', ['init', '-q', folder]);
    for (const name of ['cart', 'order', 'store', 'price', 'user']) {
      const lines = [`"""The ${name}s of the shop."""`, `class ${name}:`];
      for (let nth = 0; nth < 12; nth += 1) {
        lines.push(`    def step_${nth}(self, value):`, `        return value + ${nth}`, '');
      }
      writeFileSync(join(folder, `${name}.py`), lines.join('\n'));
    }
    git('add', '.');
    git('commit', '-qm', 'A shop');
    await use(folder, root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

it('an analysis and its interview go on over a kill of the server', async () => {
  await withRepository(async (folder, root) => {
    const env = {
      JWT_SECRET: 'a secret of thirty-two bytes, or so',
      QUINTET_ANALYSIS__LOCAL_ROOTS: root,
    };
    await withServer(env, async ({ url, token, restart }: Server) => {
      const options = { url, token: () => token('ann') };
      const api = new Api(options);
      const ann = new AnalysisClient(options);
      ann.open();
      const body = { repositoryUrl: `file://${folder}` };
      const { analysisId } = await api.send<{ analysisId: string }>('POST', '/api/analyze', body);
      await ann.subscribe(analysisId);
      await until(() => ann.analyses.value.get(analysisId)?.status === 'completed');
      expect(ann.analyses.value.get(analysisId)?.progress).toBe(100);
      expect(ann.state.status).toBe('subscribed');
      const { sessionId, question } = await ann.startInterview(analysisId, 'practice');
      expect(ann.state).toMatchObject({ status: 'interview_active', sessionId });
      await restart();
      await until(() => ann.state.status === 'interview_active');
      const { questionId } = question ?? { questionId: '' };
      const evaluation = await ann.submitAnswer(sessionId, questionId, 'Each class has one job.');
      expect(evaluation.evaluation.score).toBeGreaterThanOrEqual(0);
      await until(() => ann.interview.value?.question?.questionId !== questionId);
      await ann.pauseInterview(sessionId);
      expect(ann.state.status).toBe('interview_paused');
      expect(ann.interview.value?.elapsed?.milliseconds).toBeGreaterThanOrEqual(0);
      const kept = await readInterview(api, sessionId);
      expect(kept.status).toBe('paused');
      expect(kept.transcript.map((given) => given.questionId)).toEqual([questionId]);
      const about = await listInterviews(api, { analysisId, limit: 1 });
      expect(about.items).toMatchObject([{ sessionId, status: 'paused', questionsAnswered: 1 }]);
      // Somebody who resumes it elsewhere is told by the server what the question has taken.
      const elsewhere = new AnalysisClient(options);
      elsewhere.open();
      expect((await elsewhere.resumeInterview(sessionId)).questionId).not.toBe(questionId);
      await until(() => elsewhere.interview.value?.elapsed !== undefined);
      const { milliseconds } = elsewhere.interview.value?.elapsed ?? { milliseconds: -1 };
      expect(milliseconds).toBeGreaterThanOrEqual(kept.elapsed?.milliseconds ?? 0);
      for (const client of [ann, elsewhere]) client.close();
    });
  });
});

it('a follow-up says what it is for, and an interview that another page paused can be taken up again', async () => {
  await withRepository(async (folder, root) => {
    const env = {
      JWT_SECRET: 'a secret of thirty-two bytes, or so',
      QUINTET_ANALYSIS__LOCAL_ROOTS: root,
    };
    await withServer(env, async ({ url, token }: Server) => {
      const options = { url, token: () => token('ann') };
      const api = new Api(options);
      const [here, there] = [new AnalysisClient(options), new AnalysisClient(options)];
      here.open();
      there.open();
      const body = { repositoryUrl: `file://${folder}` };
      const { analysisId } = await api.send<{ analysisId: string }>('POST', '/api/analyze', body);
      await here.subscribe(analysisId);
      await until(() => here.analyses.value.get(analysisId)?.status === 'completed');
      const { interviewSimulation } = await api.get<{
        interviewSimulation: { questions: { questionId: string }[] };
      }>(`/api/analysis/${analysisId}`);
      const tried = {
        questionId: interviewSimulation.questions[0]?.questionId,
        answer: 'It adds.',
      };
      const { exampleAnswer } = await api.send<{ exampleAnswer: string }>(
        'POST',
        `/api/interview/${analysisId}/answer`,
        tried,
      );
      const { sessionId, question } = await here.startInterview(analysisId, 'live');
      await here.submitAnswer(sessionId, question?.questionId ?? '', exampleAnswer);
      await until(() => here.interview.value?.question?.followUp !== undefined);
      const followUp = here.interview.value?.question;
      expect(followUp?.relatedTo).toBe(question?.questionId);
      expect(followUp?.category).toBe(question?.category);
      expect(followUp?.fileReferences).toEqual(question?.fileReferences);
      await there.startInterview(analysisId, 'live');
      const refused = here.submitAnswer(sessionId, followUp?.questionId ?? '', 'It adds.');
      await expect(refused).rejects.toMatchObject({ code: 'SESSION_NOT_ACTIVE' });
      expect(here.interview.value?.status).toBe('paused');
      expect(await here.resumeInterview(sessionId)).toEqual(followUp);
      here.close();
      there.close();
    });
  });
});
