/**
 * The form that tries a protocol against a running server.
 *
 * closed ── connect ──▶ connecting ── opened ──▶ open; from both, closed when it ends.
 */

import { onBeforeUnmount, onMounted, reactive, watch } from 'vue';
import type { Attempt, Offered } from '../../source/protocols.ts';
import type { Value } from '../../source/trials.ts';
import { type Hearer, type Line, dial } from './line.ts';
import { post, signIn } from './server.ts';
import { type Values, inAddress, inBody, inMessage, renewed, saidIn, withToken } from './values.ts';
import { wanted } from './wanted.ts';

/** Of a log, the newest so many. */
const ENTRIES_MAX = 200;
/** Where the server is remembered. */
const SERVER = 'quintet-server';

export interface Entry {
  id: number;
  kind: 'sent' | 'heard' | 'noted';
  at: string;
  name: string;
  text: string;
}

/** What stands in the form, and what can be done with it. */
class Form {
  server = 'http://127.0.0.1:8000';
  name = 'Ann';
  token = '';
  isByToken = false;
  /** Whether the token comes in the first message instead of the handshake. */
  isTokenLater = false;
  status: 'closed' | 'connecting' | 'open' = 'closed';
  problem = '';
  readonly values: Values;
  chosen: string;
  text = '';
  log: Entry[] = [];
  private entries = 0;
  private line: Line | undefined;
  private lineToken = '';

  constructor(private readonly attempt: Attempt) {
    this.values = Object.fromEntries(attempt.values.map(({ name, initial }) => [name, initial]));
    this.chosen = attempt.first;
    this.choose(attempt.first);
  }

  /** Whether there is no connection without this value. */
  isNeeded({ name }: Value): boolean {
    return this.attempt.address.includes(`{${name}}`);
  }

  /** Whether everything is there that the address names. */
  get isComplete(): boolean {
    return this.attempt.values.every((value) => !this.isNeeded(value) || this.values[value.name]);
  }

  /** The message that may bring a token, where the protocol has one. */
  get tokenMessage(): string | undefined {
    const names = this.attempt.messages.map(({ name }) => name);
    return names.find((name) => name === 'auth' || name === 'authenticate');
  }

  /** Puts the example of a message into the form. */
  choose(name: string): void {
    this.chosen = name;
    const offered = this.attempt.messages.find((message: Offered) => message.name === name);
    const example = offered?.example ?? {};
    this.text = legible(example);
    this.fillIn();
    this.rewrite((it) => renewed(it));
  }

  /** What is written stays; only the values in it follow. */
  fillIn(): void {
    this.rewrite((it) => inMessage(it, this.values));
  }

  async connect(): Promise<void> {
    this.status = 'connecting';
    const isDialled = await this.trying(async () => {
      const { transport } = this.attempt;
      const address = inAddress(this.attempt.address, this.values);
      this.lineToken = await this.currentToken();
      const token = this.isTokenLater ? undefined : this.lineToken;
      this.line = await dial({ transport, server: this.server, address, token }, this.hearer());
    });
    if (!isDialled) this.status = 'closed';
  }

  disconnect(): void {
    this.line?.close();
  }

  async send(): Promise<void> {
    await this.trying(() => {
      this.line?.send(this.chosen, withToken(this.text, this.lineToken));
      this.note('sent', this.chosen, this.text);
    });
    // The same id again would be the same message again.
    if (this.problem === '') this.rewrite((it) => renewed(it));
  }

  /** Has the server make what a value names. */
  async make({ name, make }: Value): Promise<void> {
    if (make === undefined) return;
    await this.trying(async () => {
      const body = inBody(make.body, this.values);
      const made = await post(this.server, make.path, body, await this.currentToken());
      this.note('noted', `POST ${make.path}`, made);
      this.values[name] = String(made[make.take]);
    });
  }

  private hearer(): Hearer {
    const followed = this.attempt.values.filter((value) => value.isFollowed);
    const names = followed.map(({ name }) => name);
    return {
      opened: () => {
        this.status = 'open';
        this.note('noted', 'Connected');
        if (this.isTokenLater && this.tokenMessage !== undefined) this.choose(this.tokenMessage);
      },
      heard: (name, message) => {
        this.note('heard', name, message);
        Object.assign(this.values, saidIn(message, names));
      },
      noted: (name, message) => this.note('noted', name, message),
      closed: () => {
        this.status = 'closed';
        this.line = undefined;
      },
    };
  }

  private currentToken(): Promise<string> {
    return this.isByToken ? Promise.resolve(this.token.trim()) : signIn(this.server, this.name);
  }

  private note(kind: Entry['kind'], name: string, message?: unknown): void {
    const text = message === undefined ? '' : legible(message);
    this.entries += 1;
    const at = new Date().toLocaleTimeString('en-GB');
    this.log = [...this.log, { id: this.entries, kind, at, name, text }].slice(-ENTRIES_MAX);
  }

  private rewrite(change: (message: unknown) => unknown): void {
    if (this.attempt.transport === 'binary') return;
    try {
      this.text = legible(change(JSON.parse(this.text)));
    } catch {
      // Half-written text stays as it is.
    }
  }

  /** Does something, and says in the form what went wrong; whether nothing did. */
  private async trying(what: () => unknown): Promise<boolean> {
    this.problem = '';
    try {
      await what();
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
    return this.problem === '';
  }
}

/** A form that lives as long as its component. */
export function useAttempt(attempt: Attempt) {
  const form = reactive(new Form(attempt));
  watch(form.values, () => form.fillIn());
  watch(wanted, (asked) => asked && form.choose(asked.name));
  onMounted(() => {
    if (location.protocol === 'https:') form.server = location.origin;
    form.server = localStorage.getItem(SERVER) ?? form.server;
    watch(
      () => form.server,
      (server) => localStorage.setItem(SERVER, server),
    );
  });
  onBeforeUnmount(() => form.disconnect());
  return form;
}

function legible(message: unknown): string {
  return typeof message === 'string' ? message : JSON.stringify(message, null, 2);
}
