import { createLowlight } from 'lowlight';
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import csharp from 'highlight.js/lib/languages/csharp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import ini from 'highlight.js/lib/languages/ini';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import kotlin from 'highlight.js/lib/languages/kotlin';
import php from 'highlight.js/lib/languages/php';
import python from 'highlight.js/lib/languages/python';
import ruby from 'highlight.js/lib/languages/ruby';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import swift from 'highlight.js/lib/languages/swift';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

/** Languages whose words have colours, with what else they are called (`rs`, `py`, `html`, `toml`, …). */
const languages = createLowlight({
  bash,
  c,
  cpp,
  csharp,
  css,
  diff,
  go,
  ini,
  java,
  javascript,
  json,
  kotlin,
  php,
  python,
  ruby,
  rust,
  sql,
  swift,
  typescript,
  xml,
  yaml,
});

/** A piece of code, with the classes that give it its colour. */
export interface Token {
  readonly text: string;
  readonly classes: string;
}

/** Of longer code no colours are made: characters. */
const LENGTH_MAX = 20_000;

type Node = ReturnType<typeof languages.highlight>['children'][number];

/** The pieces of code in a language, or nothing where that is not known, or the code is too long. */
export function tokensOf(code: string, language: string): readonly Token[] | undefined {
  if (code.length > LENGTH_MAX || !languages.registered(language)) return undefined;
  return languages.highlight(language, code).children.flatMap((node) => flat(node, ''));
}

function flat(node: Node, around: string): Token[] {
  if (node.type === 'text') return [{ text: node.value, classes: around }];
  if (node.type !== 'element') return [];
  const { className } = node.properties;
  const own = Array.isArray(className) ? className.join(' ') : '';
  return node.children.flatMap((child) => flat(child as Node, own || around));
}
