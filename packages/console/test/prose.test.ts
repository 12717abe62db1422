import { expect, it } from 'vitest';
import { split } from '../src/parts/prose.js';

it('blocks of code are told from the text around them, with their language', () => {
  expect(split('Look:\n```python\nx = 1\n```\nand\n```\ny\n```\nDone.')).toEqual([
    { kind: 'text', content: 'Look:' },
    { kind: 'code', content: 'x = 1', language: 'python' },
    { kind: 'text', content: 'and' },
    { kind: 'code', content: 'y', language: undefined },
    { kind: 'text', content: 'Done.' },
  ]);
});

it('a block that is not closed yet goes on to the end', () => {
  expect(split('```rust\nfn a() {')).toEqual([
    { kind: 'code', content: 'fn a() {', language: 'rust' },
  ]);
  expect(split('no code')).toEqual([{ kind: 'text', content: 'no code' }]);
});
