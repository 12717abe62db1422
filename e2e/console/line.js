// A way to the server that can be cut, as a cable is: what is on it is lost, and nothing comes through.

import { connect, createServer } from "node:net";
import { once } from "node:events";

/** Passes bytes on to a server, from an address of its own. */
export class Line {
  #sockets = new Set();
  #isCut = false;
  #server;

  /** A line to the server at `url`; its own `url` leads there too. */
  static async to(url) {
    const line = new Line();
    const { hostname, port } = new URL(url);
    line.#server = createServer((near) => line.#pass(near, connect(Number(port), hostname)));
    line.#server.listen(0, "127.0.0.1");
    await once(line.#server, "listening");
    line.url = `http://127.0.0.1:${line.#server.address().port}`;
    return line;
  }

  #pass(near, far) {
    for (const [one, other] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(one);
      // Each end goes with the other; why one broke is of no interest.
      one.on("error", () => {});
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
    if (this.#isCut) return near.destroy();
    near.pipe(far).pipe(near);
  }

  /** From now on nothing comes through. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** New connections come through again. */
  mend() {
    this.#isCut = false;
  }

  close() {
    this.cut();
    this.#server.close();
  }
}
