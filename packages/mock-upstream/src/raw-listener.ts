import { createServer, type Socket } from "node:net";

/** What a raw listener does with a connection, in order. */
export type RawAction =
  /** Waits until this many requests have arrived on the connection, head and announced body. */
  | { readonly type: "await-request" }
  | { readonly type: "write"; readonly bytes: string | Uint8Array }
  | { readonly type: "pause"; readonly ms: number }
  /** FIN. */
  | { readonly type: "end" }
  /** RST. */
  | { readonly type: "reset" };

/** A running raw listener. */
export interface RawListener {
  /** Base URL of the API that it pretends to be, `http://127.0.0.1:port/v1`. */
  readonly url: string;
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: number;
  /** Destroys every connection and closes the listener. */
  close(): Promise<void>;
}

/**
 * Plays the same raw bytes on every connection: for what an HTTP server cannot send, such as a TCP reset, which
 * the mock's own server has no call for, or an answer that is not HTTP. A connection stays open after its last
 * action unless that ends or resets it.
 */
export async function startRawListener(actions: readonly RawAction[]): Promise<RawListener> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
    play(socket, actions).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    port,
    get accepted() {
      return accepted;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function play(socket: Socket, actions: readonly RawAction[]): Promise<void> {
  const requests = countRequests(socket);
  for (const action of actions) {
    if (socket.destroyed) return;
    switch (action.type) {
      case "await-request":
        await requests.next();
        break;
      case "write":
        await new Promise<void>((resolve) => socket.write(action.bytes, () => resolve()));
        break;
      case "pause":
        await new Promise((resolve) => setTimeout(resolve, action.ms));
        break;
      case "end":
        socket.end();
        return;
      case "reset":
        socket.resetAndDestroy();
        return;
    }
  }
}

/** Yields once for each complete request on the socket. */
async function* countRequests(socket: Socket): AsyncGenerator<void, void, void> {
  let pending = Buffer.alloc(0);
  for await (const chunk of socket) {
    pending = Buffer.concat([pending, chunk]);
    for (let end = requestEnd(pending); end !== undefined; end = requestEnd(pending)) {
      pending = pending.subarray(end);
      yield;
    }
  }
}

/** Where the first request of the bytes ends, or undefined while it is incomplete. */
function requestEnd(bytes: Buffer): number | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const bodyStart = headEnd + 4;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = bodyStart + Number(length);
    return bytes.length >= end ? end : undefined;
  }
  if (!/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) return bodyStart;
  const lastChunk = bytes.indexOf("0\r\n\r\n", bodyStart);
  return lastChunk < 0 ? undefined : lastChunk + 5;
}
