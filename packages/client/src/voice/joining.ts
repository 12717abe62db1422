/** What a cluster of blocks begins with (RFC 9559). */
const CLUSTER = [0x1f, 0x43, 0xb6, 0x75];

/**
 * What follows a header that was sent again, to somebody who came later, comes from the middle, where a player cannot
 * begin: it is left out up to the next cluster. The first bytes of one may be in the piece before, for browsers cut
 * their recordings anywhere.
 */
export class Joining {
  #before = new Uint8Array();

  /** From the first cluster on, if one has begun. */
  take(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
    const all = new Uint8Array(this.#before.length + bytes.length);
    all.set(this.#before);
    all.set(bytes, this.#before.length);
    const at = all.findIndex((_, from) => beginsAt(all, from));
    if (at !== -1) return all.subarray(at);
    this.#before = all.slice(-(CLUSTER.length - 1));
    return undefined;
  }
}

const beginsAt = (bytes: Uint8Array, from: number): boolean =>
  CLUSTER.every((byte, at) => bytes[from + at] === byte);
