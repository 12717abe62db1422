import { Refusal, Unanswered } from '@quintet/client';
import { describe, expect, it } from 'vitest';
import { kindOf, wordsOf } from '../src/parts/fault-kind.js';

describe('what an error means to whoever meets it', () => {
  it('is known by its code, or by the status of a route behind a proxy', () => {
    expect(kindOf(new Refusal('UNAUTHORIZED', 'A valid bearer token is required'))).toBe(
      'signed-out',
    );
    expect(kindOf(new Refusal('ANALYSIS_NOT_FOUND', 'Analysis not found'))).toBe('missing');
    expect(kindOf(new Refusal('FORBIDDEN', 'This needs the role admin'))).toBe('forbidden');
    expect(kindOf(new Refusal('RATE_LIMIT_EXCEEDED', 'Too many requests'))).toBe('busy');
    expect(kindOf(new Refusal('HTTP_502', 'Bad Gateway'))).toBe('unreached');
    expect(kindOf(new Refusal('URL_NOT_ALLOWED', 'not fetched here'))).toBe('other');
  });
  it('is known by the words of each browser where nothing came back', () => {
    for (const words of ['Failed to fetch', 'NetworkError when attempting', 'Load failed']) {
      expect(kindOf(new TypeError(words))).toBe('unreached');
    }
    expect(kindOf(new DOMException('The operation timed out', 'TimeoutError'))).toBe('unreached');
    expect(kindOf(new Unanswered('late'))).toBe('unreached');
    expect(kindOf(new Unanswered('full'))).toBe('other');
    expect(kindOf(new TypeError('x is undefined'))).toBe('other');
  });
});

describe('what is told of an error', () => {
  it('is a sentence, with the field and with when to try again', () => {
    expect(wordsOf(new Refusal('URL_NOT_ALLOWED', 'evil.example is not fetched here'))).toBe(
      'Evil.example is not fetched here.',
    );
    expect(wordsOf(new Refusal('VALIDATION_ERROR', 'Too long', 'data.content'))).toBe(
      'Too long (data.content).',
    );
    const busy = new Refusal('RATE_LIMIT_EXCEEDED', 'Too many requests.', undefined, 1_200);
    expect(wordsOf(busy)).toBe('Too many requests. Try again in 2 s.');
    expect(wordsOf(busy, true)).toBe('Too many requests.');
  });
});
