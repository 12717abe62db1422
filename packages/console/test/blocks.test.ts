import { expect, it } from 'vitest';
import { blocks } from '../src/parts/blocks.js';

it('paragraphs, code, and lists with what they stand behind are pieces', () => {
  const pieces = [
    '# A heading\n\n',
    'Words\nof a paragraph.\n\n- one\n\n- two\n\n  with more of it\n\n',
    '````md\n\n```\n\nnot an end\n\n````\n\n1. first\n\n2. second\n\n> quoted\n\n',
    'The end',
  ];
  expect(blocks(pieces.join(''))).toEqual(pieces);
});

it('what grows changes its last piece alone, and a block of code that is still open is one', () => {
  const text = 'One.\n\nTwo.\n\n```js\nlet a;\n\nlet b;\n\nlet c;\n```\n\nThree.';
  for (let length = 1; length < text.length; length += 1) {
    const [before, after] = [blocks(text.slice(0, length)), blocks(text.slice(0, length + 1))];
    expect(before.join('')).toBe(text.slice(0, length));
    expect(after.slice(0, before.length - 1)).toEqual(before.slice(0, -1));
  }
});

it('a text with notes or addresses of links is read as a whole', () => {
  const text = 'See [this][1].\n\nAnd more.\n\n[1]: https://example.org\n';
  expect(blocks(text)).toEqual([text]);
  expect(blocks('')).toEqual([]);
});
