import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** A server that does what the real one never does; over real sockets. */
export interface Stub {
  readonly url: string;
  /** Every connection there was, oldest first. */
  readonly sockets: WebSocket[];
  /** Every message that came, as JSON, over whichever connection. */
  readonly heard: Record<string, unknown>[];
  /** Whether handshakes are refused, with that status. */
  refusal: number | undefined;
  /** What every HTTP route answers. */
  body: unknown;
  /** How many HTTP requests there were. */
  requests: number;
}

/** Starts one; `answer` is called with each message, and what it gives is sent back. */
export async function withStub(
  answer: (message: Record<string, unknown>, stub: Stub, socket: WebSocket) => unknown,
  use: (stub: Stub) => Promise<void>,
): Promise<void> {
  const http = createServer((_, response) => {
    stub.requests += 1;
    response.writeHead(stub.refusal ?? 200).end(JSON.stringify(stub.body));
  });
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'bearer' });
  http.on('upgrade', (request, raw, head) => {
    if (stub.refusal !== undefined) {
      return raw.end(`HTTP/1.1 ${stub.refusal} No\r\nconnection: close\r\n\r\n`);
    }
    sockets.handleUpgrade(request, raw, head, (socket) => {
      stub.sockets.push(socket);
      socket.on('message', (data: Buffer) => {
        const message = JSON.parse(data.toString()) as Record<string, unknown>;
        stub.heard.push(message);
        const answered = answer(message, stub, socket);
        if (answered !== undefined) socket.send(JSON.stringify(answered));
      });
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const stub: Stub = {
    url: `http://127.0.0.1:${port}`,
    sockets: [],
    heard: [],
    refusal: undefined,
    body: {},
    requests: 0,
  };
  try {
    await use(stub);
  } finally {
    for (const socket of sockets.clients) socket.terminate();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  }
}

/** Waits until something holds, on a clock that may stand still. */
export async function eventually(what: () => boolean | undefined): Promise<void> {
  while (what() !== true) await new Promise((resolve) => setImmediate(resolve));
}

/** A token, unsigned, that runs out then: milliseconds since the epoch. */
export function tokenUntil(expiresAt: number, sub = 'ann'): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub, exp: Math.floor(expiresAt / 1000) })}.x`;
}
