import { describe, expect, it } from 'vitest';
import { windowTitle } from '../src/parts/page-title.js';
import { troubleOf } from '../src/parts/trouble.js';
import { isAt } from '../src/routes.js';

describe('the title of the window', () => {
  it('says what waits, what is looked at, and where, each once', () => {
    expect(windowTitle(0, 'math', 'Chat')).toBe('math – Chat – Quintet');
    expect(windowTitle(2, 'Deals', 'Deals')).toBe('(2) Deals – Quintet');
    expect(windowTitle(0, undefined, 'Class')).toBe('Class – Quintet');
  });
});

describe('what stands between somebody and the server', () => {
  const ending = { code: 1006, reason: '' };
  it('is nothing while the page begins, and while all is well', () => {
    expect(troubleOf({ status: 'connecting', attempt: 1 }, true)).toBeUndefined();
    expect(troubleOf({ status: 'connected', since: 0 }, true)).toBeUndefined();
  });
  it('is told by its kind', () => {
    const lost = { status: 'connecting', attempt: 2, retryAt: 7, ending } as const;
    expect(troubleOf(lost, true)).toEqual({ kind: 'lost', retryAt: 7 });
    expect(troubleOf(lost, false)).toEqual({ kind: 'offline' });
    const refused = { code: 1008, reason: 'Revoked' };
    // Where the token is refused, the network does not help.
    expect(troubleOf({ status: 'error', ending: refused }, false)).toEqual({
      kind: 'ended',
      ending: refused,
    });
  });
});

describe('a page', () => {
  it('has the addresses below its own, and no others', () => {
    expect(isAt({ path: '/class' }, '/class/math/essay')).toBe(true);
    expect(isAt({ path: '/class' }, '/class')).toBe(true);
    expect(isAt({ path: '/class' }, '/classes')).toBe(false);
  });
});
