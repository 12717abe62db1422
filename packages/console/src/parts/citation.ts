/** Lines of a file that a claim is about, or a whole file. */
export interface Citation {
  readonly path: string;
  /** The first line, from 1; a citation without one is of the whole file. */
  readonly from?: number;
  /** The last line. */
  readonly to?: number;
}

/** Reads `path`, `path:line` or `path:from-to`. */
export function readCitation(reference: string): Citation {
  const found = /^(.+):(\d+)(?:-(\d+))?$/.exec(reference);
  if (found?.[1] === undefined) return { path: reference };
  const from = Number(found[2]);
  return { path: found[1], from, to: Number(found[3] ?? from) };
}

/** Writes it as it is read. */
export function writeCitation({ path, from, to = from }: Citation): string {
  if (from === undefined) return path;
  return to === from ? `${path}:${from}` : `${path}:${from}-${to}`;
}

/** The references that the texts above them do not open already. */
export function besides(references: readonly string[], texts: readonly string[]): string[] {
  const open = new Set(
    texts
      .flatMap(piecesOf)
      .flatMap((piece) => (piece.kind === 'citation' ? [writeCitation(piece.citation)] : [])),
  );
  return references.filter((reference) => !open.has(writeCitation(readCitation(reference))));
}

/** A piece of a text: words, a name in code, or a citation. */
export type Piece =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'citation'; readonly text: string; readonly citation: Citation };

/** Folders and a name with an ending: what else stands between ticks is a name in the code. */
const FILE = /^[\w@.+~-]+(?:\/[\w@.+~-]+)+\.\w{1,10}$/;
/** Lines that follow a path in words, as questions name them. */
const LINES_BEHIND = /^, lines? (\d+)(?: to (\d+))?/;

/** The pieces of a text, in which names and citations stand between ticks. */
export function piecesOf(text: string): Piece[] {
  const parts = text.split('`');
  // A tick without another one is only a tick.
  if (parts.length % 2 === 0) parts.push(`${parts.splice(-2, 1)[0] ?? ''}\`${parts.pop() ?? ''}`);
  return parts.flatMap((part, nth): Piece[] => {
    if (part === '') return [];
    if (nth % 2 === 0) return [{ kind: 'words', text: part }];
    const citation = cited(part, parts[nth + 1] ?? '');
    return [citation ? { kind: 'citation', text: part, citation } : { kind: 'code', text: part }];
  });
}

function cited(part: string, behind: string): Citation | undefined {
  const citation = readCitation(part);
  if (citation.from !== undefined) return citation;
  if (!FILE.test(part)) return undefined;
  const lines = LINES_BEHIND.exec(behind);
  if (lines === null) return citation;
  const from = Number(lines[1]);
  return { ...citation, from, to: Number(lines[2] ?? from) };
}

/** A citation in words, for those who hear it. */
export function spoken({ path, from, to }: Citation): string {
  if (from === undefined) return path;
  return to === undefined || to === from
    ? `${path}, line ${from}`
    : `${path}, lines ${from} to ${to}`;
}
