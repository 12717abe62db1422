/** A line that begins something of its own behind an empty one: no list's next entry, quote, or what is indented. */
const BEGINS = /^(?![ \t>|]|[-*+] |\d+[.)] )\S/;
/** What opens or closes a block of code. */
const FENCE = /^ {0,3}(`{3,}|~{3,})/;
/** A note or the address of a link, which is meant for the whole text. */
const MEANT_FOR_ALL = /^ {0,3}\[[^\]\n]+\]:/m;

/**
 * Markdown in pieces that can be read one by one: paragraphs, headings, whole lists, whole blocks of code. A text
 * that grows at its end changes its last piece alone. Together they are the text.
 */
export function blocks(text: string): string[] {
  if (MEANT_FOR_ALL.test(text)) return [text];
  const all: string[] = [];
  let start = 0;
  let fence: string | undefined;
  let isAfterEmpty = false;
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('\n', at);
    const end = next === -1 ? text.length : next + 1;
    const line = text.slice(at, end);
    if (fence === undefined && isAfterEmpty && BEGINS.test(line)) {
      all.push(text.slice(start, at));
      start = at;
    }
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined) {
      if (fence === undefined) fence = mark;
      else if (mark.startsWith(fence)) fence = undefined;
    }
    isAfterEmpty = line.trim() === '';
    at = end;
  }
  if (start < text.length) all.push(text.slice(start));
  return all;
}
