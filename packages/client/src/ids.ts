/**
 * A random id. `crypto.randomUUID` is for secure contexts only: a page that a server in the same house gives
 * over plain HTTP has none.
 */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
