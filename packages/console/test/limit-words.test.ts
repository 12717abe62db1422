import { expect, it } from 'vitest';
import { limitName, limitValue } from '../src/pages/server/limit-words.js';

it('limits are written with their units', () => {
  expect(limitValue('maxMessageBytes', 131_072)).toBe('128 KiB');
  expect(limitValue('batchBytes', 8_388_608)).toBe('8 MiB');
  expect(limitValue('idleTimeoutSeconds', 900)).toBe('15 min');
  expect(limitValue('maxConnectionAgeSeconds', 86_400)).toBe('1 d');
  expect(limitValue('pingIntervalSeconds', 90)).toBe('90 s');
  expect(limitValue('messagesPerMinute', 3_000)).toMatch(/^3\W?000$/);
});

it('what is off is told from what there is not, and a new limit has its own words', () => {
  expect(limitValue('messagesPerMinute', null)).toBe('off');
  expect(limitValue('messagesPerMinute', undefined)).toBe('–');
  expect(limitName('maxMessageBytes')).toBe('Size of a message');
  expect(limitName('maxOpenFiles')).toBe('Max open files');
});
