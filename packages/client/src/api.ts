import { Refusal } from './fault.js';

/** What every list answers. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** What to ask for the next page with. */
  readonly nextCursor: string | null;
}

/** How a request is answered is waited for so long. */
const ANSWER_WITHIN = 30_000;

/** The server's HTTP routes, with a token on each request. */
export class Api {
  constructor(
    private readonly options: {
      readonly url: string;
      readonly token: () => string | Promise<string>;
    },
  ) {}

  /** Reads. @throws {Refusal} with the server's code, its words, and when to try again */
  get<Answer>(
    path: string,
    query: Record<string, string | number | undefined> = {},
  ): Promise<Answer> {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const search = pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
    return this.send('GET', path + search);
  }

  /** Sends a body of JSON, or none; the answer is `undefined` where it has no body. */
  async send<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const base = this.options.url.replace(/^ws/, 'http').replace(/\/$/, '');
    const token = await this.options.token();
    const response = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    if (!response.ok) throw await refusal(response);
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  }
}

async function refusal(response: Response): Promise<Refusal> {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds * 1000 : undefined;
  const said = (await response.json().catch(() => ({}))) as Record<string, unknown>;
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const code = text(said['error']) ?? `HTTP_${response.status}`;
  const words = text(said['message']) ?? response.statusText;
  return new Refusal(code, words, text(said['field']), retryAfter, said);
}
