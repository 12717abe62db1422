import { describe, expect, it } from 'vitest';
import { type Splice, apply, transform, transformEarlier } from '../src/collaboration/splice.js';
import { fixtures } from './fixtures.js';

/** `length` is how much it takes away. */
interface Written {
  position: number;
  length: number;
  content: string;
}
interface Case {
  name: string;
  text: string;
  earlier: Written;
  later: Written;
  earlierTransformed: Written;
  laterTransformed: Written;
  result: string;
}

const read = ({ position, length, content }: Written): Splice => ({
  position,
  deleted: length,
  content,
});

describe('concurrent edits merge as the server merges them', () => {
  it.each(fixtures<Case>('collaboration-transform'))('$name', (given) => {
    const [earlier, later] = [read(given.earlier), read(given.later)];
    const laterOver = transform(later, earlier);
    const earlierOver = transformEarlier(earlier, later);
    expect(laterOver).toEqual(read(given.laterTransformed));
    expect(earlierOver).toEqual(read(given.earlierTransformed));
    expect(apply(apply(given.text, earlier) ?? '', laterOver)).toBe(given.result);
    expect(apply(apply(given.text, later) ?? '', earlierOver)).toBe(given.result);
  });
});
