import { expect, it } from 'vitest';
import { colorsOf } from '../src/pages/class/colors.js';

it('two people of one document have two colours, as long as there are enough', () => {
  const people = Array.from({ length: 8 }, (_, at) => `person ${at}`);
  expect(new Set(colorsOf(people).values()).size).toBe(8);
  expect(colorsOf([...people, 'a ninth']).get('a ninth')).toMatch(/^#/);
});

it('somebody alone has the colour that they have first among others', () => {
  expect(colorsOf(['ben', 'cem']).get('ben')).toBe(colorsOf(['ben']).get('ben'));
});
