import { expect, it } from 'vitest';
import { readPlace, writePlace } from '../src/pages/analyses/place.js';

it('a place in an analysis is written into the address, and read from it', () => {
  const citation = { path: 'src/a b/c#d.rs', from: 7, to: 9 };
  const address = writePlace('id/1', { part: 'report', citation });
  expect(address).toBe('/analyses/id%2F1/report/src%2Fa%20b%2Fc%23d.rs%3A7-9');
  expect(readPlace(address)).toEqual({ part: 'report', citation });
  expect(readPlace(writePlace('id', { part: 'questions' }))).toEqual({ part: 'questions' });
});

it('an address without a part, or with one that is not there, is of the review', () => {
  expect(readPlace('/analyses/id')).toEqual({ part: 'review' });
  expect(readPlace('/analyses/id/nonsense')).toEqual({ part: 'review' });
});
