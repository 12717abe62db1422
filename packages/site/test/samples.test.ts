// The code in the papers is code: types fit those of the packages, and the rest is what its language takes.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { root } from '../source/repository.ts';
import { samples } from '../source/samples.ts';

// Below the packages, so that their names lead to them.
const folder = join(root, 'packages/site/node_modules/.cache/samples');
const all = samples();
const of = (...languages: string[]) => all.filter(({ language }) => languages.includes(language));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('TypeScript fits the types of the packages', () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const own = of('ts', 'tsx');
  expect(own.length).toBeGreaterThan(1);
  for (const [at, { language, code, place }] of own.entries()) {
    // A file that exports nothing would share its names with the others.
    writeFileSync(join(folder, `${at}.${language}`), `// ${place}\n${code}\nexport {};\n`);
  }
  const compilerOptions = { jsx: 'react-jsx', noEmit: true, types: [], isolatedModules: false };
  const config = { extends: join(root, 'packages/tsconfig.base.json'), compilerOptions };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'packages/node_modules/typescript/lib/tsc.js');
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', folder]);
  const places = own.map(({ place }, at) => `${at}: ${place}`).join('\n');
  expect(`${stdout}${stderr}`, places).toBe('');
}, 60_000);

test.each(of('js').map((sample) => [sample.place, sample] as const))('%s', (_, { code }) => {
  const parse = ['--input-type=module', '--check'];
  expect(() => execFileSync(process.execPath, [...parse], { input: code })).not.toThrow();
});

test.each(of('sh').map((sample) => [sample.place, sample] as const))('%s', (_, { code }) => {
  expect(() => execFileSync('bash', ['-n'], { input: code })).not.toThrow();
});

test.each(of('json').map((sample) => [sample.place, sample] as const))('%s', (_, { code }) => {
  // What is left out is written as an ellipsis.
  const text = code.replace(/\[\s*…\s*\]/g, '[]').replace(/\{\s*…\s*\}/g, '{}');
  for (const line of text.trim().startsWith('{"') ? text.trim().split(/\n(?=\{)/) : [text]) {
    expect(() => JSON.parse(line) as unknown, line).not.toThrow();
  }
});
