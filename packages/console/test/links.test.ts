import { expect, it } from 'vitest';
import { linked } from '../src/parts/links.js';

const links = (text: string) =>
  linked(text)
    .filter(({ isLink }) => isLink)
    .map((piece) => piece.text);

it('addresses are told from the words around them, and from the end of a sentence', () => {
  expect(linked('See https://example.org/a?b=c, please')).toEqual([
    { text: 'See ', isLink: false },
    { text: 'https://example.org/a?b=c', isLink: true },
    { text: ', please', isLink: false },
  ]);
  expect(links('(like http://example.org/x).')).toEqual(['http://example.org/x']);
  expect(links('https://en.wikipedia.org/wiki/A_(b)')).toEqual([
    'https://en.wikipedia.org/wiki/A_(b)',
  ]);
});

it('nothing else is an address, least of all what a browser would run', () => {
  expect(links('javascript:alert(1) data:text/html,x file:///etc ftp://x example.org')).toEqual([]);
  expect(linked('')).toEqual([]);
});
