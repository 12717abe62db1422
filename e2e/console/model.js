// A text model behind the public interface of OpenAI, which says what a test wants and when it wants it.

import { once } from "node:events";
import { createServer } from "node:http";

/** What a server is told so that it asks this model. */
export const envOf = (model) => ({
  QUINTET_AI__TEXT__PROVIDER: "openai",
  QUINTET_AI__TEXT__BASE_URL: model.url,
  QUINTET_AI__TEXT__API_KEY: "a key",
  // Who is slow is waited for.
  QUINTET_AI__TEXT__DEADLINE: "5m",
});

/** A model that ends when `use` does. Who asks it waits until a test takes the call, unless `answer` does. */
export async function withModel(use) {
  const model = new Model();
  const server = createServer((request, response) => {
    request.resume();
    model.ask(new Call(response));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  model.url = `http://127.0.0.1:${server.address().port}/v1`;
  try {
    await use(model);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

class Model {
  /** What is done with a call at once, where something is. */
  answer;
  #calls = [];
  #takers = [];

  ask(call) {
    if (this.answer !== undefined) return this.answer(call);
    const taker = this.#takers.shift();
    if (taker === undefined) this.#calls.push(call);
    else taker(call);
  }

  /** The next call, once there is one; nobody answers it but who took it. */
  async next() {
    // Who was killed waits no more.
    this.#calls = this.#calls.filter(({ isOver }) => !isOver);
    return this.#calls.shift() ?? new Promise((resolve) => this.#takers.push(resolve));
  }
}

class Call {
  #response;

  constructor(response) {
    this.#response = response;
    /** Resolves when who asked has gone, or has the whole answer. */
    this.ended = once(response, "close");
  }

  get isOver() {
    return this.#response.closed;
  }

  /** Some words of an answer. */
  say(content) {
    if (!this.#response.headersSent) {
      this.#response.writeHead(200, { "content-type": "text/event-stream" });
    }
    const piece = { choices: [{ index: 0, delta: { content } }] };
    this.#response.write(`data: ${JSON.stringify(piece)}\n\n`);
  }

  /** The answer is whole. */
  end() {
    this.#response.end("data: [DONE]\n\n");
  }

  /** A whole answer at once, to who wants no stream. */
  answer(content) {
    this.#response.writeHead(200, { "content-type": "application/json" });
    const message = { role: "assistant", content };
    this.#response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }] }));
  }

  /** There is no answer: the server's own rules say something. */
  refuse() {
    this.#response.writeHead(403, { "content-type": "application/json" });
    this.#response.end(JSON.stringify({ error: { message: "No" } }));
  }
}
