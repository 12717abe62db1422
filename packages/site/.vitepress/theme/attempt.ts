/**
 * The form that tries a protocol against a running server.
 *
 * closed ── connect ──▶ connecting ── opened ──▶ open; from both, closed when it ends.
 */

import { computed, onBeforeUnmount, onMounted, reactive, ref, watch } from 'vue';
import type { Attempt } from '../../source/protocols.ts';
import { type Line, dial } from './line.ts';
import { inAddress, inBody, inMessage, saidIn } from './values.ts';
import { wanted } from './wanted.ts';

/** Of a log, the newest so many. */
const ENTRIES_MAX = 200;
const DEFAULT_SERVER = 'http://127.0.0.1:8000';

export interface Entry {
  id: number;
  kind: 'sent' | 'heard' | 'noted';
  at: string;
  name: string;
  text: string;
}

/** What stands in the form, and what can be done with it. */
export function useAttempt(attempt: Attempt) {
  const form = reactive({
    server: DEFAULT_SERVER,
    name: 'Ann',
    token: '',
    isByToken: false,
    chosen: attempt.first,
    text: '',
    problem: '',
    status: 'closed' as 'closed' | 'connecting' | 'open',
  });
  const values = reactive(
    Object.fromEntries(attempt.values.map(({ name, initial }) => [name, initial])),
  );
  const log = ref<Entry[]>([]);
  const isMade = computed(() =>
    attempt.values.every(({ name }) => !isNeeded(name) || values[name]),
  );
  let line: Line | undefined;
  let count = 0;

  /** Whether there is no connection without this value. */
  function isNeeded(name: string): boolean {
    return attempt.address.includes(`{${name}}`);
  }

  function note(kind: Entry['kind'], name: string, message?: unknown): void {
    const text = typeof message === 'string' ? message : JSON.stringify(message, null, 2);
    const at = new Date().toLocaleTimeString('en-GB');
    count += 1;
    log.value = [...log.value, { id: count, kind, at, name, text: text ?? '' }].slice(-ENTRIES_MAX);
  }

  function choose(name: string): void {
    form.chosen = name;
    const example = attempt.messages.find((message) => message.name === name)?.example ?? {};
    form.text =
      typeof example === 'string' ? example : JSON.stringify(inMessage(example, values), null, 2);
  }

  /** Does something, and says in the form what went wrong. */
  async function trying(what: () => unknown): Promise<void> {
    form.problem = '';
    try {
      await what();
    } catch (error) {
      form.problem = error instanceof Error ? error.message : String(error);
    }
  }

  async function token(): Promise<string> {
    if (form.isByToken) return form.token.trim();
    const signedIn = await post(form.server, '/api/dev/sign-in', { name: form.name }, undefined);
    return String(signedIn['token']);
  }

  const connect = (): Promise<void> =>
    trying(async () => {
      form.status = 'connecting';
      try {
        const { transport } = attempt;
        const target = {
          transport,
          server: form.server,
          address: inAddress(attempt.address, values),
        };
        line = await dial({ ...target, token: await token() }, hearer);
      } catch (error) {
        form.status = 'closed';
        throw error;
      }
    });

  const hearer = {
    opened: () => {
      form.status = 'open';
      note('noted', 'Connected');
    },
    heard: (name: string, message: unknown) => {
      note('heard', name, message);
      const followed = attempt.values.filter((value) => value.isFollowed);
      Object.assign(
        values,
        saidIn(
          message,
          followed.map((value) => value.name),
        ),
      );
    },
    noted: (name: string, message?: unknown) => note('noted', name, message),
    closed: () => {
      form.status = 'closed';
      line = undefined;
    },
  };

  const send = (): Promise<void> =>
    trying(() => {
      line?.send(form.chosen, form.text);
      note('sent', form.chosen, form.text);
    });

  /** Has the server make what a value names. */
  const make = (name: string): Promise<void> =>
    trying(async () => {
      const asked = attempt.values.find((value) => value.name === name)?.make;
      if (asked === undefined) return;
      const body = inBody(asked.body, values);
      const made = await post(form.server, asked.path, body, await token());
      note('noted', `POST ${asked.path}`, made);
      values[name] = String(made[asked.take]);
    });

  // What is written stays; only the values in it follow.
  watch(values, () => {
    if (attempt.transport === 'binary') return;
    try {
      form.text = JSON.stringify(inMessage(JSON.parse(form.text), values), null, 2);
    } catch {
      // Half-written text has no values yet.
    }
  });
  watch(wanted, (asked) => asked && choose(asked.name));
  onMounted(() => {
    if (location.protocol === 'https:') form.server = location.origin;
    form.server = localStorage.getItem('quintet-server') ?? form.server;
    watch(
      () => form.server,
      (server) => localStorage.setItem('quintet-server', server),
    );
  });
  onBeforeUnmount(() => line?.close());
  choose(attempt.first);

  const disconnect = (): void => line?.close();
  const clear = (): void => void (log.value = []);
  return { form, values, log, isMade, isNeeded, choose, connect, disconnect, send, make, clear };
}

/** An answer of the server, or an error that a reader can do something about. */
async function post(
  server: string,
  path: string,
  body: unknown,
  token: string | undefined,
): Promise<Record<string, unknown>> {
  const headers = {
    'Content-Type': 'application/json',
    ...(token && { Authorization: `Bearer ${token}` }),
  };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(new URL(path, server), request).catch(() => {
    throw new Error(
      `${server} did not answer, or does not allow this page: start it with FRONTEND_URL=${location.origin}`,
    );
  });
  const told = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) return told;
  const isSignIn = path === '/api/dev/sign-in' && answer.status === 404;
  if (isSignIn)
    throw new Error('Signing in by name needs a server in development mode: bring a token');
  throw new Error(String(told['message'] ?? `The server answered ${answer.status}`));
}
