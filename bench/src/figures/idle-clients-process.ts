import { connect, type Socket } from "node:net";
import { ResponseParser, type ResponseSink } from "../load/response-parser.ts";

/** What the process is asked: to open connections, or how many of them are open now. */
export type HolderOrder =
  | {
      kind: "open";
      host: string;
      port: number;
      /** The whole request, as it goes on the wire. */
      request: Uint8Array;
      clients: number;
    }
  | { kind: "count" };

export interface HolderReply {
  /** Connections that were answered with 200 and are open still. */
  open: number;
  /** Connections that are not, by reason. */
  lost: Record<string, number>;
}

/** So many connections are being opened and asked at a time. */
const AT_A_TIME = 100;
const ANSWER_TIMEOUT_MS = 30_000;
/** The more ports of an address are taken, the longer the kernel looks for a free one. */
const CLIENTS_AN_ADDRESS = 1000;
const FIRST_ADDRESS = 2;

const state: HolderReply = { open: 0, lost: {} };
const sockets = new Set<Socket>();

function lose(reason: string): void {
  state.lost[reason] = (state.lost[reason] ?? 0) + 1;
}

interface ClientOptions {
  host: string;
  port: number;
  localAddress: string;
  request: Uint8Array;
}

/** Opens one connection, sends one request, and then keeps still. Resolves when it is answered or lost. */
function openClient({ host, port, localAddress, request }: ClientOptions): Promise<void> {
  return new Promise((resolve) => {
    let answered = false;
    let reason = "closed before the answer";
    const socket: Socket = connect({ host, port, localAddress, noDelay: true });
    sockets.add(socket);
    const sink: ResponseSink = {
      onHead: (status, keepAlive) => {
        if (status === 200 && keepAlive) return;
        reason = status === 200 ? "not kept alive" : `status ${status}`;
        socket.destroy();
      },
      onBody: () => {},
      onEnd: () => {
        if (socket.destroyed) return;
        answered = true;
        state.open++;
        socket.setTimeout(0);
        resolve();
      },
    };
    const parser = new ResponseParser(sink);
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => {
      reason = "time-out";
      socket.destroy();
    });
    socket.on("data", (bytes: Buffer) => parser.push(bytes));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message;
    });
    socket.on("close", () => {
      if (answered) state.open--;
      lose(answered ? "closed while idle" : reason);
      resolve();
    });
    socket.write(request);
  });
}

async function openAll(order: Extract<HolderOrder, { kind: "open" }>): Promise<void> {
  let next = 0;
  const opener = async (): Promise<void> => {
    while (next < order.clients) {
      const localAddress = `127.0.0.${FIRST_ADDRESS + Math.floor(next / CLIENTS_AN_ADDRESS)}`;
      next++;
      await openClient({ ...order, localAddress });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, opener));
}

process.on("message", async (order: HolderOrder) => {
  if (order.kind === "open") await openAll(order);
  process.send?.(state);
});
process.on("disconnect", () => {
  // Closed the polite way, each would hold its port for a minute, and the next run would find few left.
  for (const socket of sockets) socket.resetAndDestroy();
  setImmediate(() => process.exit(0));
});
