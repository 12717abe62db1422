import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withServer } from '../../../../e2e/node/server.js';
import { Api } from '../../src/api.js';
import { Refusal } from '../../src/index.js';
import { type Heard, InterviewAssistantClient } from '../../src/voice.js';
import { until } from './until.js';

interface Server {
  url: string;
  token: (sub: string, ...options: string[]) => string;
  restart: () => Promise<void>;
}
const SPEECH = new URL('../../../../engine/audio/tests/fixtures/speech.wav', import.meta.url);
const env = { JWT_SECRET: 'a secret of thirty-two bytes, or so' };

function inSession(url: string, token: () => string, sessionId: string) {
  const client = new InterviewAssistantClient({ url, token });
  client.open();
  return { client, joined: client.join(sessionId) };
}

it('two people hear each other, see what was said, and go on over a kill of the server', async () => {
  await withServer(env, async ({ url, token, restart }: Server) => {
    const ann = inSession(url, () => token('ann'), 'talk');
    await ann.joined;
    const ben = inSession(url, () => token('ben'), 'talk');
    await ben.joined;
    await until(() => ann.client.session.value.people.get('ben') === 'ben');
    const heard: Heard[] = [];
    ben.client.onAudio((one) => heard.push(one));
    const sound = Uint8Array.from({ length: 3_200 }, (_, at) => at % 251);
    ann.client.streamAudio(sound, 'pcm16', 16_000);
    await until(() => heard.length === 1);
    expect(heard[0]).toMatchObject({ userId: 'ann', format: 'pcm16', sampleRate: 16_000 });
    expect([...(heard[0]?.bytes ?? [])]).toEqual([...sound]);
    await ann.client.setStatus('recording', 'We begin');
    await until(() => ben.client.session.value.status === 'recording');
    const publisher = new Api({ url, token: () => token('backend', '--role', 'publisher') });
    await publisher.send('POST', '/api/voice/sessions/talk/transcriptions', {
      userId: 'ann',
      text: 'Why do you like Rust?',
      isFinal: true,
      confidence: 0.9,
      language: 'en',
      startTime: 0,
      endTime: 900,
      metadata: { provider: 'mine', processingMode: 'realtime' },
    });
    await until(() => ben.client.session.value.transcript.length === 1);
    expect(ben.client.session.value.transcript[0]?.text).toBe('Why do you like Rust?');
    await until(() => ben.client.session.value.suggestions !== undefined);
    await restart();
    await until(() => [ann, ben].every(({ client }) => client.state.status === 'subscribed'));
    ann.client.streamAudio(sound, 'pcm16', 16_000);
    await until(() => heard.length === 2);
    await ben.client.leave();
    await until(() => ann.client.session.value.people.size === 0);
    ann.client.close();
    ben.client.close();
  });
});

it('who is refused hears why', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const forged = new InterviewAssistantClient({ url, token: () => 'not.a.token' });
    forged.open();
    await until(() => forged.state.status === 'error');
    const owner = new Api({ url, token: () => token('ann') });
    const made = { sessionId: 'closed', members: ['ann'] };
    await owner.send('POST', '/api/voice/sessions', made);
    const { client, joined } = inSession(url, () => token('ben'), 'closed');
    const refused = await joined.catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refusal);
    expect(refused).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    client.close();
  });
});

it('a token that runs out, or is not there at first, is no end: it joins again with a fresh one', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    let asked = 0;
    const source = () => {
      asked += 1;
      if (asked === 1) throw new Error('Sign in first');
      return token('ann', '--ttl', asked === 2 ? '2s' : '1h');
    };
    const client = new InterviewAssistantClient({ url, token: source, random: () => 0 });
    const reasons = new Set<string>();
    client.onStateChange(() => {
      if (client.state.status === 'connecting') reasons.add(client.state.ending?.reason ?? '');
    });
    client.open();
    await client.join('talk');
    await until(() => asked === 3 && client.state.status === 'subscribed');
    expect([...reasons]).toEqual(['', 'Sign in first', 'Token expired']);
    client.close();
    await expect(client.join('talk')).rejects.toMatchObject({ why: 'closed' });
  });
});

it('a join that is left or closed before there is a connection ends', async () => {
  const client = new InterviewAssistantClient({ url: 'http://127.0.0.1:9', token: () => 'x.y.z' });
  client.open();
  const left = client.join('one').catch((error: unknown) => error);
  await client.leave();
  expect(await left).toMatchObject({ why: 'aborted' });
  const other = client.join('two').catch((error: unknown) => error);
  client.close();
  expect(await other).toMatchObject({ why: 'closed' });
});

it('pieces of audio that are sent at once all arrive, and a recording is transcribed when asked for', async () => {
  await withServer(env, async ({ url, token }: Server) => {
    const [ann, ben] = ['ann', 'ben'].map((sub) => inSession(url, () => token(sub), 'talk'));
    await Promise.all([ann?.joined, ben?.joined]);
    const heard: number[] = [];
    ben?.client.onAudio(({ bytes }) => heard.push(bytes[0] ?? -1));
    for (let nth = 0; nth < 20; nth += 1) {
      ann?.client.streamAudio(new Uint8Array(320).fill(nth), 'pcm16', 16_000);
    }
    await until(() => heard.length === 20);
    expect(heard).toEqual(Array.from({ length: 20 }, (_, nth) => nth));
    // Two who want one session leave it once both have.
    await ann?.client.join('talk');
    await ann?.client.leave();
    expect(ann?.client.session.value.sessionId).toBe('talk');
    const second = new Uint8Array(32_000);
    const said = await ann?.client.transcribe(second, 'pcm16', 16_000);
    expect(said?.every(({ isFinal }) => isFinal)).toBe(true);
    const noise = ann?.client.transcribe(new Uint8Array([1, 2, 3]), 'webm', 16_000);
    await expect(noise).rejects.toBeInstanceOf(Refusal);
    await ann?.client.leave();
    await until(() => ben?.client.session.value.people.size === 0);
    ann?.client.close();
    ben?.client.close();
  });
});

/** A server whose speech engine answers once the file `gate` is there. */
async function withSlowSpeech(use: (server: Server, gate: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'speech-'));
  const gate = join(folder, 'gate');
  const program = join(folder, 'hear');
  const answer = '{"type": "final", "text": "Goodbye then"}';
  const waits = `cat >/dev/null; until [ -e ${gate} ]; do sleep 0.05; done; echo '${answer}'`;
  writeFileSync(program, `#!/bin/sh\n${waits}\n`, { mode: 0o755 });
  const hears = { QUINTET_AI__SPEECH__PROVIDER: 'command', QUINTET_AI__SPEECH__COMMAND: program };
  try {
    await withServer({ ...env, ...hears }, (server: Server) => use(server, gate));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('what is still being said when a session ends is told before one is out of it', async () => {
  await withSlowSpeech(async ({ url, token }, gate) => {
    const ann = inSession(url, () => token('ann'), 'talk');
    const ben = inSession(url, () => token('ben'), 'talk');
    await Promise.all([ann.joined, ben.joined]);
    const said = ann.client.transcribe(readFileSync(SPEECH), 'wav', 16_000);
    await ann.client.startTranscription();
    await ben.client.setStatus('ended');
    await until(() => ann.client.session.value.status === 'ended');
    expect(ann.client.session.value.sessionId, 'she waits for it').toBe('talk');
    expect(ann.client.streamAudio(new Uint8Array(320), 'pcm16', 16_000)).toBe(false);
    await expect(ann.client.setStatus('active')).rejects.toMatchObject({ code: 'NOT_JOINED' });
    writeFileSync(gate, '');
    expect((await said).map(({ text }) => text)).toEqual(['Goodbye then']);
    for (const { client } of [ann, ben]) {
      await until(() => client.session.value.sessionId === undefined);
      expect(client.session.value.transcript.map(({ text }) => text)).toEqual(['Goodbye then']);
      client.close();
    }
  });
});

it('who goes on, or drops out, before the last words of a session does not get them', async () => {
  await withSlowSpeech(async ({ url, token, restart }, gate) => {
    const ann = inSession(url, () => token('ann'), 'talk');
    const ben = inSession(url, () => token('ben'), 'talk');
    await Promise.all([ann.joined, ben.joined]);
    const said = ann.client.transcribe(readFileSync(SPEECH), 'wav', 16_000);
    const lost = said.catch((error: unknown) => error);
    await ann.client.startTranscription();
    await ben.client.setStatus('ended');
    await until(() => ann.client.session.value.status === 'ended');
    const again = ben.client.join('talk').catch((error: unknown) => error);
    expect(await again).toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await ben.client.join('another');
    await restart();
    writeFileSync(gate, '');
    expect(await lost).toMatchObject({ why: 'lost' });
    await until(() => ann.client.session.value.sessionId === undefined);
    expect(ann.client.session.value.status, 'and it looks like what it is').toBe('ended');
    await until(() => ben.client.state.status === 'subscribed');
    expect(ben.client.session.value).toMatchObject({ sessionId: 'another', transcript: [] });
    ann.client.close();
    ben.client.close();
  });
});

it('who has too many connections waits for a place', async () => {
  const limit = { QUINTET_LIMITS__VOICE__MAX_CONNECTIONS_PER_USER: '1' };
  await withServer({ ...env, ...limit }, async ({ url, token }: Server) => {
    const first = inSession(url, () => token('ann'), 'talk');
    await first.joined;
    const second = inSession(url, () => token('ann'), 'talk');
    const reasonOf = ({ state }: InterviewAssistantClient) =>
      state.status === 'connecting' ? state.ending?.reason : undefined;
    await until(() => reasonOf(second.client) === 'Too many connections');
    first.client.close();
    await second.joined;
    second.client.close();
  });
});
