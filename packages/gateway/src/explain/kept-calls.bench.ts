import assert from "node:assert/strict";
import { type MicroBench, type MicroSubject, microBench } from "@headrace/core/testing/micro-bench";
import { spendingOf } from "../pipeline/spending.ts";
import { type EndedCall, KeptCalls } from "./kept-calls.ts";

const LABELS = { endpoint: "chat", model: "chat" };
const TARGET = { provider: "openai", model: "gpt-4o" };
let count = 0;

/**
 * Every call is a fresh object with fresh strings, as in the gateway, so that what is collected later is measured too;
 * a call that is not kept is what that alone takes.
 */
function nextCall(errorCode: string | null): EndedCall {
  count++;
  const startedAtMs = performance.now();
  return {
    requestId: `req_0123456789ab${count.toString(36)}`,
    keyName: "client",
    status: 200,
    errorCode,
    stream: false,
    startedAtMs,
    durationMs: 12.5 + count,
    firstTokenMs: null,
    overheadMs: 0.1 + count,
    requestBytes: 200,
    answerBytes: 400,
    usage: {
      source: "reported",
      tokens: {
        uncachedInput: 12,
        cacheReadInput: 0,
        cacheWrite5mInput: 0,
        cacheWrite1hInput: 0,
        visibleOutput: 40,
        reasoningOutput: 0,
      },
    },
    costUsd: 0.0001 * count,
    tries: [
      {
        target: TARGET,
        reason: "first",
        outcome: "served",
        status: 200,
        code: null,
        startedAtMs: startedAtMs + 0.1,
        firstByteAtMs: startedAtMs + 12,
        endedAtMs: startedAtMs + 12.4,
        lost: [],
        fault: null,
        spending: () => spendingOf(null, null),
      },
    ],
  };
}

function keeping(size: number, errorCode: string | null): MicroSubject<EndedCall> {
  const calls = new KeptCalls(size);
  return {
    run: () => {
      const call = nextCall(errorCode);
      calls.keep(LABELS, call);
      return call;
    },
    check: ({ requestId }) => {
      const [found] = calls.find({ limit: 1, id: requestId });
      assert.equal(found?.error, errorCode);
    },
  };
}

export const benches: readonly MicroBench[] = [
  microBench("a call, not kept", () => ({
    run: () => nextCall(null),
    check: ({ status }) => assert.equal(status, 200),
  })),
  ...[1_000, 10_000].flatMap((size) => [
    microBench(`a call, one of the latest ${size}`, () => keeping(size, null)),
    microBench(`a call that failed, one of the latest ${size}`, () => keeping(size, "upstream_cut")),
  ]),
];
