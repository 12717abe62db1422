import { expect, it } from 'vitest';
import { tokensOf } from '../src/parts/highlight.js';

it('code has the classes of its language, and not a character of it is lost', () => {
  const code = 'def add(item):\n    return "<b>" + item  # say\n';
  const tokens = tokensOf(code, 'py') ?? [];
  expect(tokens.map(({ text }) => text).join('')).toBe(code);
  expect(tokens.find(({ text }) => text === 'def')?.classes).toContain('hljs-keyword');
  expect(tokens.find(({ text }) => text === '"<b>"')?.classes).toContain('hljs-string');
});

it('a language that nobody knows, and code that is too long, have no colours', () => {
  expect(tokensOf('x', 'no such language')).toBeUndefined();
  expect(tokensOf('x'.repeat(20_001), 'python')).toBeUndefined();
});
