import { type ReactNode, useMemo } from 'react';
import { tokensOf } from './highlight.js';

/** Code in the colours of its language; as it is, where the language is not known. */
export default function Colored({
  code,
  language,
}: {
  readonly code: string;
  readonly language: string;
}): ReactNode {
  const tokens = useMemo(() => tokensOf(code, language), [code, language]);
  if (tokens === undefined) return code;
  return tokens.map(({ text, classes }, at) =>
    classes === '' ? (
      text
    ) : (
      <span key={at} className={classes}>
        {text}
      </span>
    ),
  );
}
