/** The values that a page's messages and address name, such as a session's id. */

export type Values = Record<string, string>;

/** A text with its names in braces filled in, as parts of a URL. */
export function inAddress(address: string, values: Values): string {
  return address.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''));
}

/** A body with its names in braces filled in. */
export function inBody(body: Record<string, string>, values: Values): Record<string, string> {
  const filled = (text: string): string =>
    text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  return Object.fromEntries(Object.entries(body).map(([name, text]) => [name, filled(text)]));
}

/** A message in which fields of a value's name have that value. */
export function inMessage(message: unknown, values: Values): unknown {
  if (Array.isArray(message)) return message.map((item) => inMessage(item, values));
  if (typeof message !== 'object' || message === null) return message;
  return Object.fromEntries(
    Object.entries(message).map(([name, field]) => {
      const value = values[name];
      if (value === undefined || value === '') return [name, inMessage(field, values)];
      if (typeof field === 'number') return [name, Number(value)];
      return [name, typeof field === 'string' ? value : inMessage(field, values)];
    }),
  );
}

/** How a token stands in an example; on the way to the server the connection's own takes its place. */
const TOKEN_EXAMPLE = 'eyJ…';

/** A text with the connection's token in it, which the form and the log do not show. */
export function withToken(text: string, token: string): string {
  return text.replaceAll(TOKEN_EXAMPLE, token);
}

/** What a message says under the names of these values. */
export function saidIn(message: unknown, names: string[]): Values {
  if (typeof message !== 'object' || message === null) return {};
  return Object.entries(message).reduce<Values>((found, [name, field]) => {
    const isPlain = typeof field === 'string' || typeof field === 'number';
    if (isPlain) return names.includes(name) ? { ...found, [name]: String(field) } : found;
    return { ...saidIn(field, names), ...found };
  }, {});
}

/** A message whose id is one that nobody used before: `m-1` becomes `m-x5f2k9`. */
export function renewed(message: unknown, random = Math.random): unknown {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return message;
  const fresh = random().toString(36).slice(2, 8).padEnd(6, '0');
  return Object.fromEntries(
    Object.entries(message).map(([name, field]) => {
      const isId = (name === 'id' || name === 'requestId') && typeof field === 'string';
      return [name, isId ? `${field.replace(/-[a-z0-9]+$/, '')}-${fresh}` : field];
    }),
  );
}
