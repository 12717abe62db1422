import { describe, expect, it } from 'vitest';
import { besides, piecesOf, readCitation, spoken, writeCitation } from '../src/parts/citation.js';

it('a citation is a path, a line of it, or lines', () => {
  expect(readCitation('a/b.rs')).toEqual({ path: 'a/b.rs' });
  expect(readCitation('a/b.rs:7')).toEqual({ path: 'a/b.rs', from: 7, to: 7 });
  expect(readCitation('a:b.rs:7-12')).toEqual({ path: 'a:b.rs', from: 7, to: 12 });
  expect(spoken(readCitation('a/b.rs:7-12'))).toBe('a/b.rs, lines 7 to 12');
});

it('in a text, what names lines or a file can be opened, and other names are code', () => {
  const kinds = (text: string) => piecesOf(text).map(({ kind, text: said }) => `${kind}: ${said}`);
  expect(kinds('`run` of `Cargo.toml:4` uses `src/http`.')).toEqual([
    'code: run',
    'words:  of ',
    'citation: Cargo.toml:4',
    'words:  uses ',
    'code: src/http',
    'words: .',
  ]);
});

it('lines that follow a path in words are the lines it opens', () => {
  const cited = (text: string) =>
    piecesOf(text).flatMap((piece) => (piece.kind === 'citation' ? [piece.citation] : []));
  expect(cited('In `src/main.rs`, line 12.')).toEqual([{ path: 'src/main.rs', from: 12, to: 12 }]);
  expect(cited('(`src/a.rs`, lines 3 to 9)')).toEqual([{ path: 'src/a.rs', from: 3, to: 9 }]);
  expect(cited('In `src/main.rs`.')).toEqual([{ path: 'src/main.rs' }]);
});

it('a tick without another one is only a tick, and no text is lost', () => {
  for (const text of ['', 'a', '`', 'a ` b', '`a` and ` b', '``', 'a `b` c `d']) {
    const said = piecesOf(text).map((piece) => piece.text);
    expect(said.join('').replaceAll('`', '')).toBe(text.replaceAll('`', ''));
  }
  expect(piecesOf('`a` and ` b').at(-1)).toEqual({ kind: 'words', text: ' and ` b' });
});

describe('what a claim stands on', () => {
  it('is written as it is read', () => {
    for (const reference of ['README.md', 'src/a.rs:7', 'src/a.rs:7-9', 'a b.py:1']) {
      expect(writeCitation(readCitation(reference))).toBe(reference);
    }
  });
  it('is named once where the words name it already', () => {
    const text = 'See `src/a.rs`, lines 7 to 9, and `src/b.rs`.';
    expect(besides(['src/a.rs:7-9', 'src/a.rs:7', 'src/b.rs', 'src/c.rs'], [text])).toEqual([
      'src/a.rs:7',
      'src/c.rs',
    ]);
  });
});
