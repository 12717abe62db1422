import type { Utterance } from '@quintet/client/voice';
import { expect, it } from 'vitest';
import { merged } from '../src/pages/voice/past.js';

const said = (itemId: string, startTime: number, text = itemId): Utterance => ({
  sessionId: 's',
  userId: 'ann',
  itemId,
  text,
  isFinal: true,
  confidence: 1,
  language: 'en',
  startTime,
  endTime: startTime + 1,
  metadata: { provider: 'builtin', processingMode: 'realtime' },
  timestamp: '',
});

it('what was said before a page was open stands before what is told, each once', () => {
  const past = [said('a', 1), said('b', 5, 'as it was kept')];
  const told = [said('b', 5), said('c', 9)];
  expect(merged(past, told).map(({ itemId, text }) => `${itemId} ${text}`)).toEqual([
    'a a',
    'b b',
    'c c',
  ]);
});

it('what was missed while one was away stands where it was said', () => {
  const ids = merged([said('b', 5)], [said('a', 1), said('c', 9)]).map(({ itemId }) => itemId);
  expect(ids).toEqual(['a', 'b', 'c']);
});

it('what was still being heard when one was cut off is as it was kept', () => {
  const begun = { ...said('b', 5, 'And then'), isFinal: false };
  const texts = merged([said('b', 5, 'And then it stood.')], [said('a', 1), begun]);
  expect(texts.map(({ text }) => text)).toEqual(['a', 'And then it stood.']);
});
