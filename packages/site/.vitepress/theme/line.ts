/** A connection to a running server, over what the protocol of the page speaks. */

import { fromHex, toHex } from './bytes.ts';

export interface Line {
  /** Sends what stands in the form. */
  send: (name: string, text: string) => void;
  close: () => void;
}

export interface Hearer {
  opened: () => void;
  /** A message of the server; of bytes, in hexadecimal. */
  heard: (name: string, message: unknown) => void;
  /** Something that is no message: an acknowledgement, or why it ended. */
  noted: (text: string, message?: unknown) => void;
  closed: () => void;
}

export interface Target {
  transport: 'text' | 'binary' | 'socketio';
  server: string;
  address: string;
  /** Without one, a message brings it. */
  token: string | undefined;
}

export async function dial(target: Target, hearer: Hearer): Promise<Line> {
  return target.transport === 'socketio' ? socketIo(target, hearer) : webSocket(target, hearer);
}

function webSocket({ transport, server, address, token }: Target, hearer: Hearer): Line {
  const url = new URL(address, server);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, token === undefined ? [] : ['bearer', token]);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => hearer.opened();
  socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (typeof data === 'string') hear(data, hearer);
    else hearer.heard(kindOf(new Uint8Array(data)), toHex(new Uint8Array(data)));
  };
  socket.onclose = ({ code, reason }) => {
    hearer.noted(`Closed: ${code} ${reason || explained(code)}`);
    hearer.closed();
  };
  return {
    send: (_, text) => {
      if (transport === 'binary') socket.send(fromHex(text));
      else socket.send(JSON.stringify(JSON.parse(text)));
    },
    close: () => socket.close(1000),
  };
}

function hear(text: string, hearer: Hearer): void {
  const message = JSON.parse(text) as { type?: string };
  hearer.heard(message.type ?? 'message', message);
}

/** What y-protocols calls a message by its first number. */
function kindOf(bytes: Uint8Array): string {
  return ['sync', 'awareness', 'auth', 'queryAwareness'][bytes[0] ?? 0] ?? 'message';
}

/** Browsers say nothing else of a handshake that failed. */
function explained(code: number): string {
  return code === 1006 ? 'without a word: is the server there, and does it allow this page?' : '';
}

async function socketIo({ server, address, token }: Target, hearer: Hearer): Promise<Line> {
  const { io } = await import('socket.io-client');
  const socket = io(new URL(address, server).href, {
    auth: { token },
    reconnection: false,
    forceNew: true,
  });
  socket.on('connect', () => hearer.opened());
  socket.onAny((name: string, message: unknown) => hearer.heard(name, legible(message)));
  socket.on('connect_error', ({ message }) => {
    hearer.noted(`No connection: ${message}`);
    hearer.closed();
  });
  socket.on('disconnect', (reason) => {
    hearer.noted(`Closed: ${reason}`);
    hearer.closed();
  });
  return {
    send: (name, text) => {
      const message: unknown = JSON.parse(text);
      socket.timeout(10_000).emit(name, message, (error: Error | null, answer: unknown) => {
        hearer.noted(`${name} ${error === null ? 'acknowledged' : 'not acknowledged'}`, answer);
      });
    },
    close: () => socket.disconnect(),
  };
}

/** Bytes within a message are told by their number. */
function legible(message: unknown): unknown {
  const text = JSON.stringify(message, (_, value: unknown) =>
    value instanceof ArrayBuffer ? `${value.byteLength} bytes` : value,
  );
  return text === undefined ? message : (JSON.parse(text) as unknown);
}
