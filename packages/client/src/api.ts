import { Refusal } from './fault.js';
import { httpAddress } from './socket.js';
import { type TokenSource, freshToken } from './token.js';

/** What every list answers. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** What to ask for the next page with. */
  readonly nextCursor: string | null;
}

/** A list stands once for each of what is in it; what is `undefined` does not stand there. */
export type QueryValue = string | number | readonly string[] | undefined;

/** How a request is answered is waited for so long. */
const ANSWER_WITHIN = 30_000;

/** The server's HTTP routes, with a token on each request. */
export class Api {
  constructor(
    private readonly options: {
      readonly url: string;
      readonly token: TokenSource;
    },
  ) {}

  /**
   * Reads.
   *
   * @throws {Refusal} with the server's code, its words, and when to try again
   * @throws what `fetch` throws, where there is no answer within half a minute
   */
  get<Answer>(path: string, query: Readonly<Record<string, QueryValue>> = {}): Promise<Answer> {
    const pairs = Object.entries(query).flatMap(([name, value]) =>
      [value ?? []].flat().map((one) => [name, String(one)]),
    );
    const search = pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
    return this.send('GET', path + search);
  }

  /** Sends a body of JSON, or none; the answer is `undefined` where it has no body. */
  async send<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const token = await freshToken(this.options.token);
    const response = await fetch(httpAddress(this.options.url, path), {
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
