import { Api } from './api.js';
import { Backlog, type HistoryPage, type Position } from './backlog.js';
import { Client, ONCE } from './client.js';
import type { Options } from './connection.js';
import type { Dialect } from './dialect.js';
import { Refusal } from './fault.js';
import { randomId } from './ids.js';
import type { SessionState, ToClient, ToServer, UserMessage } from './messages/sessions.js';
import { Store } from './store.js';
import { Typists } from './typists.js';

/** A stored message of a session, a person's or an agent's. */
export type SessionMessage = UserMessage['data'];

/** A session with an agent as it looks now. */
export interface AgentSession {
  readonly session?: SessionState['data']['session'];
  /** Oldest first. */
  readonly messages: readonly SessionMessage[];
  /** Changes whenever `messages` does, which stays the same array. */
  readonly revision: number;
  /** Whether there are older ones than those: {@link SessionsClient.loadOlder} reads them. */
  readonly hasOlder: boolean;
  /** People who are there. */
  readonly connectedUsers: number;
  readonly typing: readonly string[];
  /** The agent that works on an answer, and what it has said so far. */
  readonly answering?: { readonly agentId: string; readonly draft: string } | undefined;
  /** One's own that are not stored yet. */
  readonly sending: readonly { readonly id: string; readonly content: string }[];
  /** What the server last said of the session: an agent that failed, a member that was added. */
  readonly notice?: { readonly code: string; readonly message: string } | undefined;
}

/** What is known of the answer that is worked on. */
interface Draft {
  readonly agentId?: string;
  /** Of the draft; empty before its first piece. */
  readonly id: string;
  /** The piece that comes next. */
  readonly next: number;
  readonly text: string;
}

/** The most messages of a page. */
const PAGE_MAX = 200;
const NO_DRAFT: Draft = { id: '', next: 0, text: '' };

const dialect = (
  sessionId: string,
  position: () => Position | undefined,
): Dialect<ToServer, ToClient> => ({
  path: `/ws/sessions/${encodeURIComponent(sessionId)}`,
  bytesMax: 262_144,
  encode: (message, requestId) =>
    JSON.stringify(requestId === undefined ? message : { ...message, requestId }),
  answers: (message) => message.requestId,
  refuses: (message) => {
    if (message.type !== 'error') return undefined;
    const { code, message: words, field, retryAfterMs } = message.data;
    return new Refusal(code, words, field ?? undefined, retryAfterMs ?? undefined, message.data);
  },
  // The protocol has no message for it: joining once more changes nothing, and is answered.
  ping: () => ({ action: 'join', data: { ...position() } }),
});

/**
 * One session with an agent (protocol E). It joins by itself on every connection, from the last message that
 * is known.
 */
export class SessionsClient extends Client<ToServer, ToClient> {
  readonly session = new Store<AgentSession>({
    messages: [],
    revision: 0,
    hasOlder: false,
    connectedUsers: 0,
    typing: [],
    sending: [],
  });
  readonly #api: Api;
  readonly #backlog: Backlog<SessionMessage>;
  readonly #typists = new Typists<string>((typing) => this.#show({ typing }));
  #draft = NO_DRAFT;

  constructor(
    /** The session. */
    readonly sessionId: string,
    options: Options,
  ) {
    super(
      dialect(sessionId, () => this.#backlog.position),
      options,
    );
    this.#api = new Api(options);
    this.#backlog = new Backlog(
      (position) => this.#join(position),
      () => this.#show({}),
    );
    this.onEachOpen(() => {
      // Until it is joined one is told of nothing.
      this.connection.use(undefined);
      // An answer may have ended meanwhile, which nobody tells; if it has not, its next piece says so.
      this.#show({ answering: undefined });
      return this.#backlog.catchUp();
    });
    this.on('user_message', ({ data }) => this.#note(data));
    this.on('agent_response', ({ data }) => {
      this.#note(data);
      this.#answered();
    });
    this.on('agent_typing', ({ data: { agentId } }) => {
      this.#draft = { ...NO_DRAFT, agentId };
      this.#show({ answering: { agentId, draft: '' } });
    });
    this.on('agent_delta', ({ data }) => this.#noteDelta(data));
    this.on('user_joined', ({ data }) => this.#show({ connectedUsers: data.connectedUsers }));
    this.on('user_left', ({ data }) => {
      this.#typists.remove(data.userId);
      this.#show({ connectedUsers: data.connectedUsers });
    });
    this.on('user_typing', ({ data }) => this.#typists.add(data.userId, data.username));
    this.on('system', ({ data }) => {
      this.#show({ notice: data });
      if (data.code === 'agent_cancelled') this.#answered();
    });
    this.on('error', ({ data }) => {
      this.#show({ notice: data });
      if (data.code === 'AGENT_FAILED') this.#answered();
    });
  }

  /** Sends a message; resolves once it is stored. It is sent over as many connections as it takes. */
  async sendMessage(content: string, projectId?: string): Promise<SessionMessage> {
    const id = randomId();
    this.#show({ sending: [...this.session.value.sending, { id, content }], notice: undefined });
    try {
      const data = { content, clientId: id };
      const message = { action: 'message', data, ...(projectId && { projectId }) } as ToServer;
      return (await this.ask(message, 'user_message', { id })).data;
    } finally {
      const sending = this.session.value.sending.filter((other) => other.id !== id);
      this.#show({ sending });
    }
  }

  /** Tells the others that somebody types; not where there is no connection. */
  setTyping(): void {
    this.connection.send({ action: 'typing' });
  }

  /**
   * Stops the answer that is being worked on; what was said so far is kept. False where it could not be sent:
   * there is no connection.
   */
  cancel(): boolean {
    return this.connection.send({ action: 'cancel' });
  }

  /** Reads the page before the oldest message that is known; whether there are older ones still. */
  async loadOlder(): Promise<boolean> {
    const { position } = this.#backlog;
    const before = this.#backlog.messages[0]?.seq;
    if (position === undefined || before === undefined) return false;
    const path = `/api/sessions/${encodeURIComponent(this.sessionId)}/messages`;
    const query = { before, limit: PAGE_MAX };
    const { items } = await this.#api.get<{ items: SessionMessage[] }>(path, query);
    const hasMore = items.length === PAGE_MAX;
    // One that was replaced meanwhile begins anew.
    const { epoch } = position;
    this.#backlog.addOlder({ messages: items, hasMore, epoch, recovered: true });
    this.#show({});
    return this.#backlog.hasOlder;
  }

  async #join(position: Position | undefined): Promise<HistoryPage<SessionMessage>> {
    const { data } = await this.ask(
      { action: 'join', data: { ...position } },
      'session_state',
      ONCE,
    );
    this.connection.use({ status: 'subscribed', to: [this.sessionId] });
    this.#show({ session: data.session, connectedUsers: data.connectedUsers });
    return data;
  }

  #note(message: SessionMessage): void {
    this.#backlog.tell(message);
    if (message.user_id != null) this.#typists.remove(message.user_id);
    this.#show({});
  }

  #answered(): void {
    this.#draft = NO_DRAFT;
    this.#show({ answering: undefined });
  }

  /** A draft whose pieces do not follow each other stays as it was: the whole text comes anyway. */
  #noteDelta({ id, delta, index }: { id: string; delta: string; index: number }): void {
    if (index === 0) this.#draft = { ...this.#draft, id, next: 0, text: '' };
    const { agentId, next, text } = this.#draft;
    if (agentId === undefined || this.#draft.id !== id) return;
    if (next === index) this.#draft = { ...this.#draft, next: index + 1, text: text + delta };
    this.#show({ answering: { agentId, draft: this.#draft.text } });
  }

  #show(change: Partial<AgentSession>): void {
    const { messages, revision, hasOlder } = this.#backlog;
    this.session.update((session) => ({ ...session, ...change, messages, revision, hasOlder }));
  }
}
