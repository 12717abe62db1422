// Clients beside the page that write at a fixed rate, open loop: each write is due at its time, whatever became of the last.

import { WebSocket } from "ws";

/** How often what is due is written: milliseconds. */
const EVERY = 10;

/** Writes `rate` times a second for `seconds`; `write` gets the number of each. */
export async function atRate(rate, seconds, write) {
  const start = performance.now();
  const count = rate * seconds;
  let done = 0;
  while (done < count) {
    const due = Math.min(count, Math.floor(((performance.now() - start) / 1_000) * rate));
    for (; done < due; done += 1) write(done);
    await new Promise((resolve) => setTimeout(resolve, EVERY));
  }
}

/** Open sockets of that path, one for each of `count` people. */
export function sockets(server, path, count) {
  return Promise.all(Array.from({ length: count }, (_, nth) => socket(server, path, nth)));
}

async function socket(server, path, nth) {
  const token = server.token(`writer${nth}`, "--name", `Writer ${nth}`);
  const made = new WebSocket(server.wsUrl + path, ["bearer", token]);
  await new Promise((resolve, reject) => {
    made.once("open", resolve);
    made.once("error", reject);
  });
  return made;
}

/** Messages in flight of {@link fill}. */
const WINDOW = 500;

/** Has `count` messages stored as fast as it goes; `make` makes each. */
export function fill(socket, count, make) {
  return new Promise((resolve, reject) => {
    let [sent, stored] = [0, 0];
    const send = () => {
      for (; sent < count && sent - stored < WINDOW; sent += 1) {
        socket.send(JSON.stringify({ ...make(sent), id: `${sent}` }));
      }
    };
    const hear = (text) => {
      const { type, id, data } = JSON.parse(text);
      if (type === "error") return reject(new Error(data.message));
      if (id === undefined) return;
      stored += 1;
      if (stored === count) {
        socket.off("message", hear);
        resolve();
      } else send();
    };
    socket.on("message", hear);
    send();
  });
}

const SENTENCES = [
  "Does anybody have the notes of last week?",
  "I think that the second term cancels out.",
  "`f(x) = x² + 1` has no real root, has it?",
  "Yes.",
  "Let us look at it once more, slowly, and write down each of the steps that we take on the way.",
];

/** What somebody says in a class. */
export const sentence = (nth) => `${SENTENCES[nth % SENTENCES.length]} (${nth})`;
