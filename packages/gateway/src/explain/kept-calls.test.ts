import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Price } from "@headrace/core/canonical/cost";
import fc from "fast-check";
import { spendingOf } from "../pipeline/spending.ts";
import { newestOf } from "./explained-call.ts";
import { type EndedCall, type EndedTry, KeptCalls } from "./kept-calls.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const LABELS = { endpoint: "chat", model: "chat" };
const USAGE = {
  source: "reported",
  tokens: {
    uncachedInput: 1,
    cacheReadInput: 2,
    cacheWrite5mInput: 3,
    cacheWrite1hInput: 4,
    visibleOutput: 5,
    reasoningOutput: 6,
  },
} as const;

/** A millionth of a USD for each token of whatever kind. */
const PRICE: Price = {
  origin: "config",
  rates: {
    input: 1e6,
    cacheRead: 1e6,
    cacheWrite5m: 1e6,
    cacheWrite1h: 1e6,
    output: 1e6,
    reasoning: 1e6,
  },
  tiers: [],
  units: {},
  contextWindowTokens: null,
  maxOutputTokens: null,
};

function tryAt(change: Partial<EndedTry> = {}): EndedTry {
  return {
    target: { provider: "p", model: "m" },
    reason: "first",
    outcome: "served",
    status: 200,
    code: null,
    startedAtMs: 1_000.25,
    firstByteAtMs: 1_010.5,
    endedAtMs: 1_020,
    lost: [],
    fault: null,
    spending: () => spendingOf(USAGE, PRICE),
    ...change,
  };
}

function callOf(change: Partial<EndedCall> = {}): EndedCall {
  return {
    requestId: "one",
    keyName: "ci",
    status: 200,
    errorCode: null,
    stream: true,
    startedAtMs: 1_000,
    durationMs: 21,
    firstTokenMs: 10.6,
    overheadMs: 0.2,
    requestBytes: 100,
    answerBytes: 200,
    usage: USAGE,
    costUsd: 21e-6,
    tries: [tryAt()],
    ...change,
  };
}

describe("KeptCalls", () => {
  it("tells of a call that went well what it tells of others", () => {
    const calls = new KeptCalls(2);
    calls.keep(LABELS, callOf());
    // Fields that a target could not take are something to tell, which is kept in the other way.
    calls.keep(LABELS, callOf({ tries: [tryAt({ lost: ["seed"] })] }));
    const [detailed, plain] = calls.find({ limit: 2 });
    assert.deepEqual(detailed?.tries, [
      {
        provider: "p",
        model: "m",
        reason: "first",
        outcome: "served",
        status: 200,
        error: null,
        startedMs: 0.25,
        firstByteMs: 10.5,
        endedMs: 20,
        droppedParams: ["seed"],
        fault: null,
        usage: { ...USAGE.tokens, source: "reported" },
        costUsd: 21e-6,
      },
    ]);
    assert.deepEqual(
      { ...plain, startedAt: "" },
      {
        id: "one",
        startedAt: "",
        endpoint: "chat",
        model: "chat",
        key: "ci",
        status: 200,
        error: null,
        stream: true,
        durationMs: 21,
        firstTokenMs: 10.6,
        overheadMs: 0.2,
        requestBytes: 100,
        answerBytes: 200,
        usage: { ...USAGE.tokens, source: "reported" },
        costUsd: 21e-6,
        tries: detailed?.tries.map((told) => ({ ...told, droppedParams: [] })),
      },
    );
  });

  it("leaves nothing of a row's call before in it", () => {
    const calls = new KeptCalls(1);
    const failed = tryAt({ outcome: "failed", status: 502, code: "upstream_cut", firstByteAtMs: 0 });
    calls.keep(LABELS, callOf({ errorCode: "upstream_cut", tries: [failed] }));
    calls.keep(LABELS, callOf());
    assert.deepEqual(
      calls.find({ limit: 9 }).map(({ error, tries }) => [error, tries[0]?.error, tries[0]?.firstByteMs]),
      [[null, null, 10.5]],
    );
    calls.keep(
      { endpoint: "chat", model: "" },
      callOf({ errorCode: "model_not_found", usage: null, costUsd: null, tries: [] }),
    );
    const [unrouted] = calls.find({ limit: 9 });
    assert.deepEqual(
      [unrouted?.model, unrouted?.usage, unrouted?.costUsd, unrouted?.tries],
      [null, null, null, []],
    );
  });

  it("tells when a call began by the clock on the wall", () => {
    const calls = new KeptCalls(1);
    const beforeMs = Date.now();
    calls.keep(LABELS, callOf({ startedAtMs: performance.now() }));
    const startedMs = Date.parse(calls.find({ limit: 1 })[0]?.startedAt ?? "");
    assert.ok(Math.abs(startedMs - beforeMs) < 1_000, `${startedMs} is not ${beforeMs}`);
  });

  it("takes the newest call of an id that came twice", () => {
    const calls = new KeptCalls(4);
    for (const status of [200, 500]) calls.keep(LABELS, callOf({ status }));
    assert.deepEqual(
      calls.find({ id: "one", limit: 1 }).map(({ status }) => status),
      [500],
    );
  });

  it("chooses by status, model and error", () => {
    const calls = new KeptCalls(4);
    calls.keep({ endpoint: "chat", model: "other" }, callOf({ requestId: "a" }));
    calls.keep(LABELS, callOf({ requestId: "b", status: 429, errorCode: "upstream_error" }));
    calls.keep(LABELS, callOf({ requestId: "c" }));
    const ids = (query: object): string[] => calls.find({ limit: 9, ...query }).map(({ id }) => id);
    assert.deepEqual(ids({}), ["c", "b", "a"]);
    assert.deepEqual(ids({ model: "chat" }), ["c", "b"]);
    assert.deepEqual(ids({ status: 200 }), ["c", "a"]);
    assert.deepEqual(ids({ error: "upstream_error" }), ["b"]);
    assert.deepEqual(ids({ status: 200, model: "chat", limit: 1 }), ["c"]);
  });

  it("keeps the latest, newest first, whatever its size and however many come", () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(60), fc.nat(25), (size, total, limit) => {
        const calls = new KeptCalls(size);
        for (let i = 0; i < total; i++) calls.keep(LABELS, callOf({ requestId: `${i}` }));
        const latest = Array.from({ length: total }, (_, i) => `${i}`).reverse();
        const kept = calls.find({ limit }).map(({ id }) => id);
        assert.deepEqual(kept, latest.slice(0, Math.min(size, limit)));
      }),
    );
  });

  it("begins anew with another size, and stays as it is with the same", () => {
    const calls = new KeptCalls(2);
    calls.keep(LABELS, callOf());
    calls.resize(2);
    assert.equal(calls.find({ limit: 9 }).length, 1);
    calls.resize(3);
    assert.equal(calls.find({ limit: 9 }).length, 0);
  });
});

describe("newestOf", () => {
  it("merges what processes tell", () => {
    const told = (...startedAtMs: number[]): KeptCalls => {
      const calls = new KeptCalls(9);
      for (const ms of startedAtMs) calls.keep(LABELS, callOf({ requestId: `${ms}`, startedAtMs: ms }));
      return calls;
    };
    const all = [told(1, 4_000), told(2_000, 3_000), told()].map((calls) => calls.find({ limit: 9 }));
    assert.deepEqual(
      newestOf(all, 3).map(({ id }) => id),
      ["4000", "3000", "2000"],
    );
  });
});
