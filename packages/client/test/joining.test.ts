import { describe, expect, it } from 'vitest';
import { Joining } from '../src/voice/joining.js';

const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];
const of = (...bytes: number[]) => new Uint8Array(bytes);

describe('who comes while somebody speaks', () => {
  it('begins with a cluster, wherever the recording was cut', () => {
    const whole = [1, 2, 0x1f, 0x43, 3, ...CLUSTER, 4, 5, ...CLUSTER, 6];
    for (let cut = 0; cut <= whole.length; cut += 1) {
      for (let other = cut; other <= whole.length; other += 1) {
        const joining = new Joining();
        const heard: number[] = [];
        let hasBegun = false;
        for (const piece of [whole.slice(0, cut), whole.slice(cut, other), whole.slice(other)]) {
          const given = of(...piece);
          const bytes: Uint8Array | undefined = hasBegun ? given : joining.take(given);
          hasBegun ||= bytes !== undefined;
          heard.push(...(bytes ?? []));
        }
        expect(heard).toEqual(whole.slice(5));
      }
    }
  });
  it('hears nothing of what has no cluster', () => {
    const joining = new Joining();
    expect(joining.take(of(1, 2, 3))).toBeUndefined();
    expect(joining.take(of())).toBeUndefined();
    expect(joining.take(of(0x43, 0xb6, 0x75, 4))).toBeUndefined();
  });
});
