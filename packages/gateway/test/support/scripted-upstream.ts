import { EventEmitter, once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One request at a provider whose answer the test writes by hand. */
export interface ScriptedCall {
  readonly response: ServerResponse;
  /** When the connection closed or the answer was complete, on the clock of performance.now(). */
  readonly closedAtMs: Promise<number>;
}

/** A provider that answers what the test writes, when it writes it. */
export interface ScriptedUpstream {
  /** Base URL of its API. */
  readonly url: string;
  /** Requests so far. */
  readonly count: number;
  /** The next request that nobody has taken yet, body included. */
  next(): Promise<ScriptedCall>;
  /** Closes the listener and every connection at once. */
  close(): Promise<void>;
}

export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  const waiting: ScriptedCall[] = [];
  const arrivals = new EventEmitter();
  let count = 0;
  const server = createServer((request, response) => {
    count++;
    const closedAtMs = once(response, "close").then(() => performance.now());
    request.resume().once("end", () => {
      waiting.push({ response, closedAtMs });
      arrivals.emit("call");
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    get count() {
      return count;
    },
    async next() {
      for (;;) {
        const call = waiting.shift();
        if (call !== undefined) return call;
        await once(arrivals, "call");
      }
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An event of a streamed chat answer with this text. */
export function chatEvent(content: string): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content }, finish_reason: null }] })}\n\n`;
}
