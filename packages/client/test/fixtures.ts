import { readFileSync } from 'node:fs';

/** The cases of a file in `protocol/`, which the server is held to as well. */
export function fixtures<Case>(name: string): Case[] {
  const url = new URL(`../../../protocol/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(url, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Case);
}
