/** The HTTP of a running server, as far as a form needs it. */

export type Answer = Record<string, unknown>;

/** What a server answers, or an error that a reader can do something about. */
export async function post(
  server: string,
  path: string,
  body: unknown,
  token?: string,
): Promise<Answer> {
  const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const headers = { 'Content-Type': 'application/json', ...authorization };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(new URL(path, server), request).catch(() => {
    throw new Error(
      `${server} did not answer, or does not allow this page: start it with FRONTEND_URL=${location.origin}`,
    );
  });
  const told = (await answer.json().catch(() => ({}))) as Answer;
  if (!answer.ok)
    throw new Error(String(told['message'] ?? `The server answered ${answer.status}`));
  return told;
}

/** A token for a name; only a server in development mode gives it. */
export async function signIn(server: string, name: string): Promise<string> {
  const { token } = await post(server, '/api/dev/sign-in', { name });
  return String(token);
}
