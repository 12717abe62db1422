import {
  type Splice,
  apply,
  boundaryBefore,
  inverse,
  isNothing,
  onTheWire,
  transform,
  transformEarlier,
  transformPosition,
} from './splice.js';

/** Edits that are not confirmed; past that the user has to wait. */
export const PENDING_MAX = 1_000;
/** Edits that are sent and not answered; the server keeps no more than 1,000 edits to stand on. */
export const IN_FLIGHT_MAX = 100;
/** Edits that can be undone, and as many redone. */
export const STEPS_MAX = 100;

/** An edit as it is sent. */
export interface Outgoing {
  /** Names the edit in its answer; never used twice by a replica. */
  readonly id: number;
  /** The version it stands on, with the edits sent before it. */
  readonly version: number;
  readonly edit: Splice;
}

/**
 * What came of a message of the server's: it was taken; it says nothing new; or the replica cannot follow
 * any more, and the session has to be joined again.
 */
export type Heard = 'taken' | 'known' | 'lost';

/** Where somebody's cursor is, and the other end of their selection, where there is one. */
export interface Cursor {
  readonly position: number;
  readonly selectionEnd?: number | undefined;
}

type Origin = 'typed' | 'undone' | 'redone';

/** An edit of one's own that is not confirmed: on the confirmed text plus those before it. */
interface Pending {
  readonly id: number;
  splice: Splice;
  readonly origin: Origin;
  isSent: boolean;
}

/**
 * A document as one client has it: it shows its own edits at once and never diverges. A state machine
 * without input or output, the same as the server's model of it (`replica.rs`, which tells why it works);
 * both are held to `protocol/collaboration-replica.jsonl`.
 *
 * The text shown is the confirmed text plus the pending edits, in order.
 */
export class Replica {
  #confirmed = '';
  #version = 0;
  #pending: Pending[] = [];
  #text = '';
  #nextId = 0;
  #undo: Splice[] = [];
  #redo: Splice[] = [];
  #cursor: Cursor = { position: 0 };
  readonly #cursors = new Map<string, Cursor>();
  #isLost = false;

  /** The text shown. */
  get text(): string {
    return this.#text;
  }

  /** The text of {@link version}: without one's own edits that are not stored. */
  get confirmed(): string {
    return this.#confirmed;
  }

  /** The newest version heard of. */
  get version(): number {
    return this.#version;
  }

  /** Whether the session has to be joined again. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /** How many edits are not confirmed, sent or not. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Edits sent and not answered. */
  get inFlight(): number {
    const first = this.#pending.findIndex(({ isSent }) => !isSent);
    return first === -1 ? this.#pending.length : first;
  }

  /** The user's own cursor. */
  get cursor(): Cursor {
    return this.#cursor;
  }

  /** The cursors of others, by user id. */
  get cursors(): ReadonlyMap<string, Cursor> {
    return this.#cursors;
  }

  get canUndo(): boolean {
    return this.#undo.some((step) => !isNothing(step));
  }

  get canRedo(): boolean {
    return this.#redo.some((step) => !isNothing(step));
  }

  /**
   * The user edits the text shown. False where the edit cannot be taken: it lies outside the text, splits
   * a surrogate pair or changes nothing, or the replica is lost or full.
   */
  edit(splice: Splice): boolean {
    const isTaken = this.#applyOwn(splice, 'typed');
    if (isTaken) this.#redo = [];
    return isTaken;
  }

  /** Takes the user's newest edit back, as an edit of its own; what others made void is passed over. */
  undo(): Splice | undefined {
    return this.#step(this.#undo, 'undone');
  }

  /** Does again what was undone last and not followed by another edit. */
  redo(): Splice | undefined {
    return this.#step(this.#redo, 'redone');
  }

  /** The next edit to send; to be asked after whatever happened, until there is none. */
  nextToSend(): Outgoing | undefined {
    if (this.#isLost || this.inFlight >= IN_FLIGHT_MAX) return undefined;
    this.#pending = this.#pending.filter(({ isSent, splice }) => isSent || !isNothing(splice));
    const next = this.#pending.find(({ isSent }) => !isSent);
    if (next === undefined) return undefined;
    next.isSent = true;
    return { id: next.id, version: this.#version, edit: next.splice };
  }

  /** The user's own cursor moves. */
  moveCursor(cursor: Cursor): void {
    this.#cursor = cursor;
  }

  /**
   * `session_joined`: the text anew. Returns the edits given up, as they stood on the text before; those
   * that were in flight may be in the new one.
   */
  joined(content: string, version: number): Splice[] {
    this.#confirmed = content;
    this.#text = content;
    this.#version = version;
    this.#isLost = false;
    this.#undo = [];
    this.#redo = [];
    this.#clampCursors();
    const given = this.#pending.map(({ splice }) => splice);
    this.#pending = [];
    return given;
  }

  /**
   * The connection is another one: what was in flight is sent again. What of it is stored already has to be
   * told by {@link acknowledged} before that, as the log has it.
   */
  reconnected(): void {
    for (const pending of this.#pending) pending.isSent = false;
  }

  /** `resync`, as the answer to the edit `id`, or to none where the server had to begin anew. */
  resync(id: number | undefined, content: string, version: number): Splice[] {
    if (id !== undefined && this.#placeOf(id) === -1) return [];
    return this.joined(content, version);
  }

  /** `edit`: somebody else's edit became `version`. `shown` is told of it as the text shown takes it. */
  edited(version: number, splice: Splice, shown?: (splice: Splice) => void): Heard {
    const heard = this.#following(version);
    if (heard !== 'taken') return heard;
    const confirmed = apply(this.#confirmed, splice);
    if (confirmed === undefined) return this.#lose();
    this.#confirmed = confirmed;
    this.#version = version;
    let over = splice;
    for (const pending of this.#pending) {
      const next = transformEarlier(over, pending.splice);
      pending.splice = transform(pending.splice, over);
      over = next;
    }
    const text = apply(this.#text, over);
    if (text === undefined) return this.#lose();
    this.#text = text;
    this.#undo = carried(this.#undo, over);
    this.#redo = carried(this.#redo, over);
    this.#cursor = moved(this.#cursor, over);
    this.#moveCursors(over);
    shown?.(over);
    return 'taken';
  }

  /** `edit_ack`: the edit `id` became `version`, at `position` and with that `length`. */
  acknowledged(id: number, version: number, position: number, length: number): Heard {
    const heard = this.#following(version);
    if (heard !== 'taken') return heard;
    const [own] = this.#pending;
    const isTheSame =
      own?.id === id && own.splice.position === position && onTheWire(own.splice).length === length;
    const confirmed = isTheSame ? apply(this.#confirmed, own.splice) : undefined;
    if (confirmed === undefined) return this.#lose();
    this.#pending.shift();
    this.#confirmed = confirmed;
    this.#version = version;
    return 'taken';
  }

  /**
   * `error`: the edit `id` was refused. The last edit is taken back; where others stand on it, what the
   * server makes of those is not what was meant, and the text has to come anew.
   */
  refused(id: number, shown?: (splice: Splice) => void): Heard {
    const place = this.#placeOf(id);
    if (place === -1) return 'known';
    if (place + 1 < this.#pending.length) return this.#lose();
    this.#takeBack(shown);
    return 'taken';
  }

  /**
   * `cursor`: where somebody else's is, in the text of this replica's version. One that lies beyond the
   * text, or within a surrogate pair, is shown at the nearest place before.
   */
  cursorSeen(user: string, cursor: Cursor): void {
    const here = this.#pending.reduce((at, { splice }) => moved(at, splice), cursor);
    this.#cursors.set(user, within(this.#text, here));
  }

  /** `participant_left`: somebody's cursor is gone. */
  cursorGone(user: string): void {
    this.#cursors.delete(user);
  }

  #applyOwn(splice: Splice, origin: Origin): boolean {
    if (this.#isLost || isNothing(splice) || this.#pending.length >= PENDING_MAX) return false;
    const text = apply(this.#text, splice);
    if (text === undefined) return false;
    push(this.#against(origin), inverse(this.#text, splice));
    this.#text = text;
    this.#moveCursors(splice);
    this.#cursor = { position: splice.position + splice.content.length };
    this.#pending.push({ id: this.#nextId, splice, origin, isSent: false });
    this.#nextId += 1;
    return true;
  }

  #step(steps: Splice[], origin: Origin): Splice | undefined {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      if (!isNothing(step)) return this.#applyOwn(step, origin) ? step : undefined;
    }
    return undefined;
  }

  /** The steps that take back what came about like that. */
  #against(origin: Origin): Splice[] {
    return origin === 'undone' ? this.#redo : this.#undo;
  }

  #following(version: number): Heard {
    if (this.#isLost) return 'lost';
    if (version <= this.#version) return 'known';
    return version === this.#version + 1 ? 'taken' : this.#lose();
  }

  #lose(): Heard {
    this.#isLost = true;
    return 'lost';
  }

  #takeBack(shown?: (splice: Splice) => void): void {
    const last = this.#pending.pop();
    if (last === undefined) return;
    const before = this.#text;
    // Made of the confirmed text: what is to be put back may have been cut by others' edits.
    this.#text = this.#pending.reduce(
      (text, { splice }) => apply(text, splice) ?? text,
      this.#confirmed,
    );
    const { position, deleted, content } = last.splice;
    const put = this.#text.slice(position, position + deleted);
    const back = { position, deleted: content.length, content: put };
    this.#cursor = moved(this.#cursor, back);
    this.#moveCursors(back);
    this.#against(last.origin).pop();
    if (last.origin === 'undone') push(this.#undo, last.splice);
    if (last.origin === 'redone') push(this.#redo, last.splice);
    if (before !== this.#text) shown?.(back);
  }

  #placeOf(id: number): number {
    return this.#pending.findIndex((pending) => pending.id === id && pending.isSent);
  }

  #moveCursors(splice: Splice): void {
    for (const [user, cursor] of this.#cursors) this.#cursors.set(user, moved(cursor, splice));
  }

  /** Keeps cursors within a text that came anew. */
  #clampCursors(): void {
    this.#cursor = within(this.#text, this.#cursor);
    for (const [user, cursor] of this.#cursors) this.#cursors.set(user, within(this.#text, cursor));
  }
}

function placed(cursor: Cursor, place: (position: number) => number): Cursor {
  const { position, selectionEnd } = cursor;
  if (selectionEnd === undefined) return { position: place(position) };
  return { position: place(position), selectionEnd: place(selectionEnd) };
}

const moved = (cursor: Cursor, splice: Splice): Cursor =>
  placed(cursor, (position) => transformPosition(position, splice));

const within = (text: string, cursor: Cursor): Cursor =>
  placed(cursor, (position) => boundaryBefore(text, position));

function push(steps: Splice[], step: Splice): void {
  if (steps.length === STEPS_MAX) steps.shift();
  steps.push(step);
}

/** Steps carried over somebody else's edit of the text shown; the last one stands on that text. */
function carried(steps: readonly Splice[], splice: Splice): Splice[] {
  const result: Splice[] = [];
  let over = splice;
  for (const step of [...steps].reverse()) {
    const next = transformEarlier(over, step);
    result.unshift(transform(step, over));
    over = next;
  }
  return result;
}
