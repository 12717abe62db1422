import { expect, it } from 'vitest';
import { microphoneFault } from '../src/pages/voice/microphone-fault.js';

it('whoever has no microphone, or may not use it, is told what to do', () => {
  const of = (name: string) => microphoneFault(new DOMException('Requested device', name)).title;
  expect(of('NotFoundError')).toBe('There is no microphone');
  expect(of('NotAllowedError')).toBe('The microphone is not allowed');
  expect(of('NotReadableError')).toBe('The microphone cannot be used');
});

it('what is not known is told in its own words', () => {
  expect(microphoneFault(new Error('This browser records no Opus')).advice).toBe(
    'This browser records no Opus',
  );
});
