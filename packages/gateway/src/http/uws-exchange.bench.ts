import type { HttpRequest, HttpResponse } from "uWebSockets.js";
import assert from "node:assert/strict";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { Deadlines } from "../time/deadlines.ts";
import { RequestHead } from "./request-head.ts";
import { type ExchangeHost, UwsExchange } from "./uws-exchange.ts";

const REQUEST_HEADERS: readonly (readonly [string, string])[] = [
  ["host", "gateway.internal:8080"],
  ["authorization", "Bearer hr-bench-0123456789abcdef0123456789abcdef"],
  ["content-type", "application/json"],
  ["accept", "application/json"],
  ["accept-encoding", "gzip, deflate, br"],
  ["user-agent", "OpenAI/Python 2.8.0"],
  ["x-stainless-lang", "python"],
  ["x-stainless-runtime", "CPython"],
  ["x-stainless-retry-count", "0"],
  ["content-length", "231"],
];
const ANSWER_LINES =
  "\r\ncontent-type: application/json\r\nx-headrace-provider: openai\r\nx-headrace-attempts: 1\r\nx-headrace-overhead-ms: 0.123";
const BODY = Buffer.from(JSON.stringify({ id: "chatcmpl-1", choices: [{ message: { content: "Hi" } }] }));

/** What the server is called with for each request, without the server: its own work is not JavaScript's. */
const REQUEST = {
  getUrl: () => "/v1/chat/completions",
  forEach: (take: (name: string, value: string) => void) => {
    for (const [name, value] of REQUEST_HEADERS) take(name, value);
  },
} as unknown as HttpRequest;

/** Keeps what it is given of an answer. */
class HeldResponse {
  head = "";
  bodyBytes = 0;

  onAborted(): this {
    return this;
  }

  cork(write: () => void): this {
    write();
    return this;
  }

  writeStatus(status: string): this {
    this.head = status;
    return this;
  }

  writeHeader(name: string, value: string): this {
    this.head += `${name}: ${value}`;
    return this;
  }

  end(body: Uint8Array): this {
    this.bodyBytes = body.length;
    return this;
  }
}

function hostOf(head: RequestHead): ExchangeHost & { deadlines: Deadlines } {
  return {
    head,
    closing: false,
    openExchanges: 0,
    onExchangeClosed: () => {},
    onCallbackError: (_exchange, error) => assert.ifError(error),
    deadlines: new Deadlines(assert.ifError),
    bodyLimitBytes: 1_000_000,
    bodyTimeoutMs: 60_000,
  };
}

function answering(): MicroSubject<HeldResponse> {
  const head = new RequestHead();
  const host = hostOf(head);
  return {
    run: () => {
      head.read(REQUEST);
      const response = new HeldResponse();
      const exchange = new UwsExchange(host, response as unknown as HttpResponse, REQUEST);
      exchange.respond(200, ANSWER_LINES, BODY);
      return response;
    },
    check: ({ head: written, bodyBytes }) => {
      assert.match(written, /^x-request-id: \S+\r\ncontent-type: application\/json/);
      assert.equal(bodyBytes, BODY.length);
      assert.equal(host.openExchanges, 0);
    },
    close: () => host.deadlines.close(),
  };
}

export const benches: readonly MicroBench[] = [
  microBench("a head of 10 headers read, an answer's head written", answering),
];
