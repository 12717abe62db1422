import { Api, type Page } from './api.js';
import { Client, ONCE } from './client.js';
import { type Cursor, Replica } from './collaboration/replica.js';
import { type Splice, fromTheWire, onTheWire } from './collaboration/splice.js';
import type { Options } from './connection.js';
import { Refusal } from './fault.js';
import { randomId } from './ids.js';
import { classDialect } from './learning.js';
import { Listeners } from './listeners.js';
import type { SessionJoined, ToClient, ToServer } from './messages/collaboration.js';
import { isOpen } from './state.js';
import { Store } from './store.js';

export { Replica, type Cursor, type Splice };

/** What somebody may do in a document. */
export type Role = 'participant' | 'observer';

/** Somebody who is in a document. */
export interface Participant {
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
}

/** What happens to the text shown. */
export type TextChange =
  /** Somebody else's edit, or one of one's own that was refused and is taken back. */
  | { readonly kind: 'splice'; readonly splice: Splice }
  /** The text came anew; these own edits are not in it, as they stood on the text before. */
  | { readonly kind: 'text'; readonly text: string; readonly givenUp: readonly Splice[] };

/** A document as it looks now, its text aside. */
export interface DocumentState {
  readonly sessionId: string;
  readonly status: 'joining' | 'joined' | 'closed';
  readonly role: Role;
  readonly isLocked: boolean;
  readonly creatorId?: string | undefined;
  readonly participants: readonly Participant[];
  /** The cursors of others, by user id. */
  readonly cursors: ReadonlyMap<string, Cursor>;
  /** One's own edits that are not stored yet. */
  readonly pending: number;
  readonly version: number;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
}

/** An edit as the document's log has it. */
interface Logged {
  readonly version: number;
  readonly operation: 'insert' | 'delete' | 'replace';
  readonly position: number;
  readonly length: number;
  readonly content: string;
  readonly author: string;
  /** Of one's own: the id it was sent with. */
  readonly id?: string;
}

/** Edits that are read to catch up; who was away for more begins with the text. */
const CATCH_UP_MAX = 10_000;
/** Edits of a page of the log. */
const PAGE = 200;
/** How long to wait before a join that was refused, or could not catch up, is tried again: milliseconds. */
const JOIN_AGAIN_AFTER = 2_000;
/** How often what was missed is tried to be read, before the text is taken anew and own edits are given up. */
const CATCH_UP_TRIES = 5;

/**
 * One document that several people edit (protocol C). It joins by itself on every connection.
 *
 * One's own edits are shown at once and sent in order; `document` tells of everything but the text, which
 * an editor keeps itself: it is told what to change by {@link onTextChange}, and tells what was typed by
 * {@link edit}.
 *
 * What was typed without a connection is kept: after a drop the log is read from the version that is known,
 * what of one's own is in it counts as stored, and the rest is carried over what others did and sent again.
 */
export class CollaborationClient extends Client<ToServer, ToClient> {
  readonly document: Store<DocumentState>;
  readonly #replica = new Replica();
  readonly #changes = new Listeners<TextChange>();
  readonly #prefix = randomId().slice(0, 8);
  readonly #api: Api;
  /** Whether edits go out: the text is that of this connection. */
  #isLive = false;
  /** What is told while the log is read: it comes behind that. */
  #held: (() => void)[] | undefined;
  #joins = 0;
  /** How often in a row what was missed could not be read. */
  #tries = 0;
  /** Whether others do not know where the user's cursor is. */
  #isCursorUntold = false;
  /** Where others see the user's cursor, after an edit of the user's. */
  #editedTo: number | undefined;
  /** Whether there is a text to edit. */
  #wasJoined = false;

  constructor(
    /** The document. */
    readonly sessionId: string,
    options: Options & {
      readonly role?: Role;
      /** Where edits count as activity. */
      readonly contextId?: string;
    },
  ) {
    super(classDialect('/api/collaboration/ws', options.contextId), options);
    this.#api = new Api(options);
    this.document = new Store<DocumentState>({
      sessionId,
      status: 'joining',
      role: options.role ?? 'participant',
      isLocked: false,
      participants: [],
      cursors: new Map(),
      pending: 0,
      version: 0,
      canUndo: false,
      canRedo: false,
    });
    this.onEachOpen(() => {
      // Until it is joined one is told of nothing.
      this.connection.use(undefined);
      return this.#join();
    });
    this.onStateChange(() => {
      if (!isOpen(this.state)) this.#isLive = false;
    });
    this.#listen();
  }

  /** The text shown. */
  get text(): string {
    return this.#replica.text;
  }

  /** Tells what happens to the text shown, but for what {@link edit} did to it. */
  onTextChange(listener: (change: TextChange) => void): () => void {
    return this.#changes.add(listener);
  }

  /**
   * The user has edited the text shown. False where that cannot be: they may only look, the document is
   * locked, or too much waits for the server; the editor has to take it back.
   */
  edit(splice: Splice): boolean {
    if (!this.#mayEdit || !this.#replica.edit(splice)) return false;
    this.#editedTo = endOf(splice);
    this.#flush();
    return true;
  }

  get #mayEdit(): boolean {
    const { status, role, isLocked } = this.document.value;
    return this.#wasJoined && status !== 'closed' && role !== 'observer' && !isLocked;
  }

  /** Takes the user's last edit back, whatever others have edited since; nothing where they may not edit. */
  undo(): void {
    if (this.#mayEdit) this.#ownStep(this.#replica.undo());
  }

  /** Does again what was undone last; nothing where they may not edit. */
  redo(): void {
    if (this.#mayEdit) this.#ownStep(this.#replica.redo());
  }

  /** The user's cursor moves. */
  moveCursor(cursor: Cursor): void {
    this.#replica.moveCursor(cursor);
    this.#isCursorUntold = true;
    this.#tellCursor();
  }

  #tellCursor(): void {
    // Others cannot place it on a text with edits that they do not have: once those are stored it is told.
    if (!this.#isCursorUntold || !this.#isLive || this.#replica.pending > 0) return;
    this.#isCursorUntold = false;
    const { position, selectionEnd } = this.#replica.cursor;
    // An edit has told already where it leaves its author.
    if (selectionEnd === undefined && position === this.#editedTo) return;
    this.#editedTo = undefined;
    const { sessionId } = this;
    const data = { sessionId, position, version: this.#replica.version };
    const selection = selectionEnd === undefined ? {} : { selectionEnd };
    this.connection.send({ type: 'cursor', data: { ...data, ...selection } });
  }

  /** Grants somebody a role; only its creator may. */
  async grant(userId: string, role: Role): Promise<void> {
    await this.#rule({ type: 'role', data: { sessionId: this.sessionId, userId, role } });
  }

  /** Locks the document for everybody, or opens it again; only its creator may. */
  async lock(locked: boolean): Promise<void> {
    await this.#rule({ type: 'lock', data: { sessionId: this.sessionId, locked } });
  }

  /** Ends the document for everybody; only its creator may. */
  async closeSession(): Promise<void> {
    await this.#rule({ type: 'close_session', data: { sessionId: this.sessionId } });
  }

  async #rule(message: ToServer): Promise<void> {
    await this.connection.request(message, ONCE);
  }

  /** Joins, for the first time, anew on another connection, or because the text is lost. */
  async #join(): Promise<void> {
    const { sessionId } = this;
    const { role } = this.document.value;
    this.#isLive = false;
    this.#held = undefined;
    this.#joins += 1;
    const join = this.#joins;
    const message = { type: 'join_session', data: { sessionId, role } } as ToServer;
    try {
      await this.ask(message, 'session_joined', ONCE);
    } catch (error) {
      if (!(error instanceof Refusal) || join !== this.#joins) return;
      if (error.code === 'NOT_FOUND' || error.code === 'FORBIDDEN') {
        return this.#show({ status: 'closed' });
      }
      this.#joinAgain(error.retryAfter);
    }
  }

  /** Joins once more, unless that was done meanwhile. */
  #joinAgain(after = JOIN_AGAIN_AFTER): void {
    const join = this.#joins;
    this.#isLive = false;
    setTimeout(() => {
      if (join === this.#joins && isOpen(this.state)) void this.#join();
    }, after);
  }

  #joined(data: SessionJoined['data']): void {
    const { content, version, role, participants, locked, creatorId } = data;
    this.connection.use({ status: 'subscribed', to: [this.sessionId] });
    this.#show({ status: 'joined', participants, role, isLocked: locked, creatorId });
    const isKnown = this.#wasJoined && !this.#replica.isLost;
    this.#wasJoined = true;
    const missed = version - this.#replica.version;
    if (!isKnown || missed < 0 || missed > CATCH_UP_MAX) return this.#begin(content, version);
    void this.#catchUp(content, version, this.#joins);
  }

  /** Carries the replica over what the log has past its version. */
  async #catchUp(content: string, version: number, join: number): Promise<void> {
    const held: (() => void)[] = [];
    this.#held = held;
    const log = await this.#log(this.#replica.version, version).catch(() => undefined);
    if (join !== this.#joins || this.#held !== held) return;
    this.#held = undefined;
    this.#tries = log === undefined ? this.#tries + 1 : 0;
    if (log === undefined && this.#tries < CATCH_UP_TRIES) return this.#joinAgain();
    const isTaken = log?.every((edit) => this.#takeLogged(edit)) === true;
    if (isTaken && this.#replica.version === version && this.#replica.confirmed === content) {
      this.#replica.reconnected();
      this.#isLive = true;
      this.#flush();
    } else {
      this.#begin(content, version);
    }
    for (const told of held) told();
  }

  async #log(after: number, to: number): Promise<Logged[]> {
    const path = `/api/documents/${encodeURIComponent(this.sessionId)}/edits`;
    const edits: Logged[] = [];
    for (let from = after; from < to;) {
      const query = { after: from, limit: PAGE };
      const { items } = await this.#api.get<Page<Logged>>(path, query);
      const last = items.at(-1)?.version;
      if (last === undefined) break;
      edits.push(...items.filter((edit) => edit.version <= to));
      from = last;
    }
    return edits;
  }

  #takeLogged(edit: Logged): boolean {
    const { version, position, length } = edit;
    const own = this.#ownId(edit.id);
    const heard =
      own === undefined
        ? this.#replica.edited(version, fromTheWire(edit), this.#shown)
        : this.#replica.acknowledged(own, version, position, length);
    return heard !== 'lost';
  }

  /** Begins with a text, which has what is stored; what was not is given up. */
  #begin(content: string, version: number): void {
    const before = this.#replica.text;
    const givenUp = this.#replica.joined(content, version);
    this.#isLive = true;
    this.#show({});
    if (before !== content || givenUp.length > 0) {
      this.#changes.tell({ kind: 'text', text: content, givenUp });
    }
  }

  readonly #shown = (splice: Splice): void => this.#changes.tell({ kind: 'splice', splice });

  /**
   * Listens to everything as it comes, answers too: what hears of an answer by its request hears of it
   * later, and the order in which the server tells of versions must stay.
   */
  #listen(): void {
    this.on('session_joined', ({ data }) => this.#isMine(data) && this.#joined(data));
    this.on('edit', ({ data }) =>
      this.#inOrder(data, () => {
        const splice = fromTheWire(data);
        const heard = this.#replica.edited(data.version, splice, this.#shown);
        if (heard === 'lost') void this.#join();
        if (heard !== 'taken') return;
        this.#editedTo = undefined;
        this.#replica.cursorSeen(data.author, { position: endOf(splice) });
      }),
    );
    this.on('edit_ack', ({ data, id }) =>
      this.#inOrder(data, () => {
        const own = this.#ownId(id);
        const { version, position, length } = data;
        if (own === undefined) return;
        const heard = this.#replica.acknowledged(own, version, position, length);
        if (heard === 'lost') void this.#join();
        this.#flush();
        this.#tellCursor();
      }),
    );
    this.on('resync', ({ data, id }) =>
      this.#inOrder(data, () => {
        const before = this.#replica.text;
        const givenUp = this.#replica.resync(this.#ownId(id), data.content, data.version);
        const { text } = this.#replica;
        // One that answers an edit given up before is not news.
        if (text !== before || givenUp.length > 0) {
          this.#changes.tell({ kind: 'text', text, givenUp });
        }
      }),
    );
    this.on('error', ({ id, data: { code, retryAfterMs } }) => {
      const own = this.#ownId(id);
      if (own === undefined || !this.#isLive) return;
      // Nothing is wrong with it: it is sent again, once it is known what came of those behind it.
      if (new Refusal(code, code).isPassing) return this.#joinAgain(retryAfterMs ?? undefined);
      if (this.#replica.refused(own, this.#shown) === 'lost') void this.#join();
      this.#show({});
    });
    this.#listenToPeople();
  }

  /** Does what a message of this document's text asks for, behind what is being read. */
  #inOrder(data: { sessionId: string }, take: () => void): void {
    if (!this.#isMine(data)) return;
    const told = () => {
      // Of a text that is lost the join that is on its way tells the rest.
      if (!this.#isLive) return;
      take();
      this.#show({});
    };
    if (this.#held === undefined) told();
    else this.#held.push(told);
  }

  #listenToPeople(): void {
    this.on('cursor', ({ data }) => {
      const { userId, position, selectionEnd } = data;
      if (!this.#isMine(data)) return;
      this.#replica.cursorSeen(userId, { position, selectionEnd: selectionEnd ?? undefined });
      this.#show({});
    });
    this.on('participant_joined', ({ data }) => {
      const { userId, username, role } = data;
      if (!this.#isMine(data)) return;
      this.#show({ participants: [...this.#without(userId), { userId, username, role }] });
    });
    this.on('participant_left', ({ data }) => {
      if (!this.#isMine(data)) return;
      this.#replica.cursorGone(data.userId);
      this.#show({ participants: this.#without(data.userId) });
    });
    this.on('participants', ({ data }) => {
      if (!this.#isMine(data)) return;
      // Comings and goings were missed, so some whose cursors are shown may have gone.
      const present = new Set(data.participants.map(({ userId }) => userId));
      const gone = [...this.#replica.cursors.keys()].filter((userId) => !present.has(userId));
      gone.forEach((userId) => this.#replica.cursorGone(userId));
      this.#show({ participants: data.participants });
    });
    this.on('role_changed', ({ data }) => {
      if (!this.#isMine(data)) return;
      const { userId, role } = data;
      const { participants } = this.document.value;
      const changed = participants.map((one) => (one.userId === userId ? { ...one, role } : one));
      const isOwn = userId === this.connection.userId;
      this.#show({ participants: changed, ...(isOwn && { role }) });
    });
    this.on(
      'lock_changed',
      ({ data }) => this.#isMine(data) && this.#show({ isLocked: data.locked }),
    );
    this.on('session_closed', ({ data }) => this.#isMine(data) && this.#show({ status: 'closed' }));
  }

  #isMine({ sessionId }: { sessionId: string }): boolean {
    return sessionId === this.sessionId;
  }

  /** The replica's number of the edit that a message answers. */
  #ownId(id: string | undefined): number | undefined {
    const [prefix, number] = id?.split('/') ?? [];
    return prefix === this.#prefix && number !== undefined ? Number(number) : undefined;
  }

  #ownStep(splice: Splice | undefined): void {
    if (splice === undefined) return;
    this.#editedTo = endOf(splice);
    this.#changes.tell({ kind: 'splice', splice });
    this.#flush();
  }

  #flush(): void {
    while (this.#isLive) {
      const next = this.#replica.nextToSend();
      if (next === undefined) break;
      const { id, version, edit } = next;
      const { position, content } = edit;
      const data = { sessionId: this.sessionId, version, position, content, ...onTheWire(edit) };
      const message = { type: 'edit', data } as ToServer;
      // On another connection it would stand on edits that are not this one's. How it went is heard
      // in the order of everything else.
      const request = { id: `${this.#prefix}/${id}`, isRepeated: false };
      this.connection.request(message, request).catch(() => {});
    }
    this.#show({});
  }

  #without(userId: string): Participant[] {
    return this.document.value.participants.filter((person) => person.userId !== userId);
  }

  #show(change: Partial<DocumentState>): void {
    const { cursors, pending, version, canUndo, canRedo } = this.#replica;
    const own = { cursors: new Map(cursors), pending, version, canUndo, canRedo };
    this.document.update((document) => ({ ...document, ...change, ...own }));
  }
}

/** Where an edit leaves the cursor of whoever made it. */
const endOf = ({ position, content }: Splice): number => position + content.length;
