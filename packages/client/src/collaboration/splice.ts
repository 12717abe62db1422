/**
 * One edit of a text: `content` in the place of the `deleted` UTF-16 code units from `position` on. One
 * that neither takes anything away nor puts anything there is *nothing left*.
 */
export interface Splice {
  readonly position: number;
  readonly deleted: number;
  readonly content: string;
}

/** A splice without its text: where it stands, how much it takes away, how much it puts there. */
interface Shape {
  readonly position: number;
  readonly deleted: number;
  readonly inserted: number;
}

/** Whether nothing is left of it. */
export const isNothing = ({ deleted, content }: Splice): boolean => deleted === 0 && content === '';

/** Its `operation` and `length` on the wire, judged by what is left of it. */
export function onTheWire({ deleted, content }: Splice): {
  operation: 'insert' | 'delete' | 'replace';
  length: number;
} {
  if (deleted === 0) return { operation: 'insert', length: content.length };
  return { operation: content === '' ? 'delete' : 'replace', length: deleted };
}

/** The splice of an `edit` from the wire. */
export function fromTheWire(edit: {
  operation: 'insert' | 'delete' | 'replace';
  position: number;
  content: string;
  length: number;
}): Splice {
  const { operation, position, content, length } = edit;
  if (operation === 'insert') return { position, deleted: 0, content };
  return { position, deleted: length, content: operation === 'delete' ? '' : content };
}

/** Whether `position` lies between the two halves of a surrogate pair. */
export function splitsPair(text: string, position: number): boolean {
  const before = text.charCodeAt(position - 1);
  const behind = text.charCodeAt(position);
  return before >= 0xd800 && before < 0xdc00 && behind >= 0xdc00 && behind < 0xe000;
}

/** The nearest place before `position` that lies within the text and splits no pair. */
export function boundaryBefore(text: string, position: number): number {
  const within = Math.min(position, text.length);
  return splitsPair(text, within) ? within - 1 : within;
}

/** The text with the splice, or `undefined` where it does not lie within it, or splits a pair. */
export function apply(text: string, splice: Splice): string | undefined {
  const { position, deleted, content } = splice;
  const end = position + deleted;
  if (position < 0 || deleted < 0 || end > text.length) return undefined;
  if (splitsPair(text, position) || splitsPair(text, end)) return undefined;
  return text.slice(0, position) + content + text.slice(end);
}

/** What takes back a splice that was applied to `text`. */
export function inverse(text: string, { position, deleted, content }: Splice): Splice {
  return {
    position,
    deleted: content.length,
    content: text.slice(position, position + deleted),
  };
}

/**
 * `later` as it is applied to the text that has `earlier`, which was committed first. The rule, and why
 * replicas that follow it cannot diverge, stands at the server's own in `transform.rs`.
 */
export const transform = (later: Splice, earlier: Splice): Splice =>
  shaped(later, over(shape(later), shape(earlier), false));

/** `earlier`, which was committed first, as it is applied to the text that has `later`. */
export const transformEarlier = (earlier: Splice, later: Splice): Splice =>
  shaped(earlier, over(shape(earlier), shape(later), true));

/**
 * Where a cursor at `position` is once the splice was applied: one at the place of an insertion stays left
 * of it, one within what is taken away goes behind what stands there now.
 */
export function transformPosition(position: number, splice: Splice): number {
  const { position: start, deleted, inserted } = shape(splice);
  if (position <= start) return position;
  if (position >= start + deleted) return position - deleted + inserted;
  return start + inserted;
}

const shape = ({ position, deleted, content }: Splice): Shape => ({
  position,
  deleted,
  inserted: content.length,
});

/** A transformation keeps a content or drops it. */
const shaped = ({ content }: Splice, { position, deleted, inserted }: Shape): Splice => ({
  position,
  deleted,
  content: inserted === 0 ? '' : content,
});

const end = ({ position, deleted }: Shape): number => position + deleted;

function over(own: Shape, other: Shape, isEarlier: boolean): Shape {
  const isLeft = end(own) <= other.position;
  const isRight = end(other) <= own.position;
  if (isLeft && (!isRight || isEarlier)) return own;
  if (isRight) return { ...own, position: own.position - other.deleted + other.inserted };
  return overOverlapping(own, other, isEarlier);
}

/** The one that starts first, of two with one start the longer one, covers the other. */
function overOverlapping(own: Shape, other: Shape, isEarlier: boolean): Shape {
  const rank = own.position - other.position || other.deleted - own.deleted;
  if (rank < 0) {
    const last = Math.max(end(own), end(other)) - other.deleted + other.inserted;
    return { ...own, deleted: last - own.position };
  }
  const behind = other.position + other.inserted;
  if (rank > 0) {
    return { position: behind, deleted: Math.max(0, end(own) - end(other)), inserted: 0 };
  }
  return { ...own, position: isEarlier ? other.position : behind, deleted: 0 };
}
