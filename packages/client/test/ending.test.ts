import { describe, expect, it } from 'vitest';
import { wait } from '../src/backoff.js';
import { sequel } from '../src/ending.js';

const now = { outage: 0, random: 0.5, isExpiredAgain: false, isFullAgain: false };

describe('what follows an ending', () => {
  it.each(['Unauthorized', 'Revoked'])('%s is for good', (reason) => {
    expect(sequel({ code: 1008, reason }, now)).toEqual({ kind: 'stay' });
  });

  it('an expired token is renewed once', () => {
    const ending = { code: 1008, reason: 'Token expired' };
    expect(sequel(ending, now)).toEqual({ kind: 'dial', after: 0 });
    expect(sequel(ending, { ...now, isExpiredAgain: true })).toEqual({ kind: 'stay' });
  });

  it('who went too fast waits as long as was told', () => {
    const ending = { code: 1008, reason: 'Rate limit exceeded' };
    expect(sequel(ending, { ...now, retryAfter: 1_200 })).toEqual({ kind: 'dial', after: 1_450 });
    expect(sequel(ending, now)).toEqual({ kind: 'dial', after: 60_250 });
  });

  it('one connection too many waits five seconds, then longer', () => {
    const ending = { code: 1008, reason: 'Too many connections' };
    expect(sequel(ending, now)).toEqual({ kind: 'dial', after: 5_000 });
    const again = { ...now, isFullAgain: true, outage: 10_000 };
    expect(sequel(ending, again)).toEqual({ kind: 'dial', after: 8_000 });
  });

  it.each([1000, 1001, 1006, 1009, 1011, 1012, 1013, 4408])('%i comes back with jitter', (code) => {
    expect(sequel({ code, reason: 'x' }, now)).toEqual({ kind: 'dial', after: 250 });
    expect(sequel({ code, reason: 'x' }, { ...now, random: 0 })).toEqual({
      kind: 'dial',
      after: 0,
    });
  });
});

describe('the wait between dials', () => {
  it('grows with the outage, to half a minute', () => {
    expect([0, 500, 1_000, 10_000, 1_000_000].map((outage) => wait(outage, 1))).toEqual([
      500, 500, 600, 6_000, 30_000,
    ]);
  });

  it('is anything from nothing to its bound', () => {
    expect([0, 0.25, 0.75].map((random) => wait(10_000, random))).toEqual([0, 1_500, 4_500]);
  });

  it('brings 95 of 100 clients back within two seconds of the end of a short outage', () => {
    // Seeded, so that it says the same each time (mulberry32).
    let seed = 1;
    const random = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    };
    const outage = 3_000;
    const late = Array.from({ length: 2_000 }, () => {
      let at = wait(0, random());
      while (at < outage) at += Math.max(5, wait(at, random()));
      return at - outage;
    }).sort((a, b) => a - b);
    expect(late[1_899]).toBeLessThan(2_000);
  });
});
