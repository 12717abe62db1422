/** A piece of a text: words, or an address of the web in them. */
export interface Linked {
  readonly text: string;
  readonly isLink: boolean;
}

const ADDRESS = /https?:\/\/[^\s<>"'`]+/g;
/** What ends a sentence, and no address. */
const TAIL = /[.,;:!?…»”’]+$/;

/** The pieces of a text: its addresses, and what stands between them. */
export function linked(text: string): Linked[] {
  const pieces: Linked[] = [];
  let done = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trimmed(found);
    if (index > done) pieces.push({ text: text.slice(done, index), isLink: false });
    pieces.push({ text: address, isLink: true });
    done = index + address.length;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), isLink: false });
  return pieces;
}

/** An address without what belongs to the sentence around it: its end, and a bracket that it does not open. */
function trimmed(found: string): string {
  const address = found.replace(TAIL, '');
  const isOpen = (address.match(/\(/g) ?? []).length >= (address.match(/\)/g) ?? []).length;
  return address.endsWith(')') && !isOpen ? trimmed(address.slice(0, -1)) : address;
}
