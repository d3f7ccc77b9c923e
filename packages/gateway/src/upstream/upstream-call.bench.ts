import assert from "node:assert/strict";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { AnsweringSocket, asSocket } from "../testing/answering-socket.ts";
import { openSampleSnapshot } from "../testing/sample-snapshot.ts";
import { Deadlines } from "../time/deadlines.ts";
import { Pool } from "./undici-pool.ts";
import { UpstreamCall, type UpstreamListener } from "./upstream-call.ts";

const TIMEOUTS = {
  connectMs: 2_000,
  firstByteMs: 30_000,
  idleMs: 60_000,
  totalMs: null,
  plainFirstByteMs: 30_000,
};
const REQUEST = Buffer.from(
  JSON.stringify({ model: "gpt-4o-2024-08-06", messages: [{ role: "user", content: "Hello" }] }),
);
const ANSWER_BODY = JSON.stringify({ id: "chatcmpl-1", choices: [{ message: { content: "Hi" } }] });
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-type: application/json\r\nx-request-id: req_1\r\nx-ratelimit-remaining-requests: 4999\r\nserver: cloudflare\r\ncontent-length: ${ANSWER_BODY.length}\r\n\r\n${ANSWER_BODY}`,
);

class Asked implements UpstreamListener {
  status = 0;
  bodyBytes = 0;
  readonly #settle: { resolve: (asked: Asked) => void; reject: (error: Error) => void };

  constructor(settle: { resolve: (asked: Asked) => void; reject: (error: Error) => void }) {
    this.#settle = settle;
  }

  onHead(status: number): void {
    this.status = status;
  }

  onData(chunk: Buffer): void {
    this.bodyBytes += chunk.length;
  }

  onEnd(): void {
    this.#settle.resolve(this);
  }

  onFailure(error: Error): void {
    this.#settle.reject(error);
  }
}

/** A request and its answer, both of them small, from a head's headers to the last byte: undici's work and ours. */
function asking(): MicroSubject<Promise<Asked>> {
  const socket = new AnsweringSocket(ANSWER);
  const dispatcher = new Pool("http://provider.internal", {
    connections: 1,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (_options, connected) => setImmediate(connected, null, asSocket(socket)),
  });
  const deadlines = new Deadlines(assert.ifError);
  const { plainPath: path, headers } = passingRoute();
  return {
    run: () => {
      const { promise, resolve, reject } = Promise.withResolvers<Asked>();
      const call = new UpstreamCall(new Asked({ resolve, reject }), TIMEOUTS, deadlines);
      call.start({ upstream: { dispatcher }, path, headers, body: REQUEST });
      return promise;
    },
    check: ({ status, bodyBytes }) => {
      assert.deepEqual({ status, bodyBytes }, { status: 200, bodyBytes: ANSWER_BODY.length });
      assert.match(
        socket.request,
        /^POST \/v1\/chat\/completions HTTP\/1\.1\r\n[\s\S]*authorization: Bearer sk-/,
      );
      assert.ok(socket.request.endsWith(REQUEST.toString("latin1")));
    },
    close: async () => {
      deadlines.close();
      await dispatcher.destroy();
    },
  };
}

function passingRoute(): { readonly plainPath: string; readonly headers: readonly string[] } {
  const { passing } = openSampleSnapshot().targetOf("gpt-4o").routes.chat;
  assert.ok(passing !== null);
  return passing;
}

export const benches: readonly MicroBench[] = [
  microBench("a request and its answer, without sockets", asking),
];
