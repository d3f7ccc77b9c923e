import { parseArgs } from "node:util";
import { bench, do_not_optimize, run } from "mitata";
import { type EndedCall, KeptCalls } from "../src/explain/kept-calls.ts";
import { spendingOf } from "../src/pipeline/spending.ts";

/**
 * What it costs to keep where a call went. Every call is a fresh object with fresh strings, as in the gateway, so that
 * what is collected later is measured too; `a call, not kept` is what that alone takes.
 * Run: `node --conditions=headrace-source packages/gateway/bench/kept-calls.bench.ts [--json]`.
 */
const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });

const LABELS = { endpoint: "chat", model: "chat" };
const TARGET = { provider: "openai", model: "gpt-4o" };
let count = 0;

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

bench("a call, not kept", () => do_not_optimize(nextCall(null)));
for (const size of [1_000, 10_000]) {
  const calls = new KeptCalls(size);
  bench(`a call, one of the latest ${size}`, () => calls.keep(LABELS, nextCall(null)));
  bench(`a call that failed, one of the latest ${size}`, () => calls.keep(LABELS, nextCall("upstream_cut")));
}

await run(values.json ? { format: "json" } : {});
