// A client of the npm library `ws` that keeps what it is sent.

import { once } from "node:events";

import WebSocket from "ws";

/** A client whose messages and close wait until they are asked for. */
export class Client {
  constructor(url, protocols, options) {
    this.socket = new WebSocket(url, protocols, options);
    this.messages = [];
    this.wake = () => {};
    this.socket.on("message", (text) => {
      this.messages.push(JSON.parse(text));
      this.wake();
    });
    this.closed = once(this.socket, "close").then(([code, reason]) => [code, String(reason)]);
  }

  static async open(...options) {
    const client = new Client(...options);
    await once(client.socket, "open");
    return client;
  }

  send(message) {
    this.socket.send(JSON.stringify(message));
  }

  /** The first message of a type that was not taken yet. */
  async receive(type) {
    for (;;) {
      const at = this.messages.findIndex((message) => message.type === type);
      if (at >= 0) {
        return this.messages.splice(at, 1)[0];
      }
      await new Promise((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

export const bearer = (token) => ({ headers: { Authorization: `Bearer ${token}` } });
