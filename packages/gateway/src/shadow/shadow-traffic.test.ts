import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { createOffload } from "@headrace/workers/offload";
import { createCpuPool } from "@headrace/workers/pool";
import { planRequest } from "@headrace/workers/tasks/plan";
import { IN_BODY } from "../pipeline/call-head.ts";
import { NONE_FORWARDED } from "../pipeline/forward-headers.ts";
import type { RunnerOwner } from "../pipeline/try-runner.ts";
import type { Snapshot, Target } from "../snapshot/snapshot.ts";
import { snapshotOf } from "../testing/compiled.ts";
import { Deadlines } from "../time/deadlines.ts";
import type { ShadowPlan } from "./shadow-plan.ts";
import { type CandidateCall, ShadowTraffic, type ShadowTrafficOptions } from "./shadow-traffic.ts";

const deadlines = new Deadlines(assert.ifError);
const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 1_000, idleTimeoutMs: 1_000 });
const offload = createOffload({ pool, offloadAboveBytes: 1_000_000, maxDepth: 64 });
const snapshots: Snapshot[] = [];
after(async () => {
  deadlines.close();
  await pool.close();
  await Promise.all(snapshots.flatMap(({ upstreams }) => upstreams.map((upstream) => upstream.close())));
});

const BODY = Buffer.from('{"model":"m","messages":[{"role":"user","content":"Hello"}]}');

interface Setting {
  readonly traffic: ShadowTraffic;
  readonly plan: ShadowPlan;
  readonly snapshot: Snapshot;
  outcomes(): object | undefined;
  call(change?: Partial<CandidateCall>): CandidateCall;
}

const ZERO = (): number => 0;

function set(shadow: object = {}, change: Partial<ShadowTrafficOptions> = {}): Setting {
  const snapshot = snapshotOf({
    providers: { p: { adapter: "openai-compatible", baseUrl: "http://127.0.0.1:9/v1", apiKey: "k" } },
    models: {
      m: {
        targets: [{ provider: "p", model: "x" }],
        shadow: { target: { provider: "p", model: "y" }, sample: 1, perMinute: 1_000, ...shadow },
      },
    },
    keys: [{ name: "client", key: "key-of-a-client" }],
  });
  snapshots.push(snapshot);
  const plan = snapshot.models.get("m")?.shadow;
  assert.ok(plan);
  const traffic = new ShadowTraffic({
    nowMs: () => performance.now(),
    random: ZERO,
    lateMs: ZERO,
    onBug: assert.ifError,
    ...change,
  });
  return {
    traffic,
    plan,
    snapshot,
    outcomes: () => traffic.tallies()[0]?.outcomes,
    call: (change = {}) => ({
      plan,
      request: {
        endpoint: "chat",
        path: IN_BODY,
        plan: planRequest({ endpoint: "chat", path: IN_BODY, body: BODY, maxDepth: 64 }),
        body: BODY,
        forwarded: NONE_FORWARDED,
        requestId: "r",
        state: null,
        continuation: null,
      },
      keyName: "k",
      running: snapshot.running,
      offload,
      deadlines,
      ...change,
    }),
  };
}

/** Is led, and does nothing. */
const OWNER: RunnerOwner<Target, string> = {
  send: () => {},
  onWhole: () => {},
  onBegin: () => {},
  onBytes: () => {},
  onComplete: () => {},
  onFailure: () => {},
};

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe("ShadowTraffic", () => {
  it("goes by chance and by the share alone", () => {
    let drawn = 0;
    const { traffic, plan } = set({ sample: 0.25 }, { random: () => drawn });
    for (const [random, copied] of [
      [0, true],
      [0.2499, true],
      [0.25, false],
      [0.999, false],
    ] as const) {
      drawn = random;
      assert.equal(traffic.draws(plan), copied);
    }
  });

  it("leaves a target alone that others leave alone too", () => {
    const { traffic, plan, call, outcomes } = set();
    plan.target.health.apply(performance.now(), { key: plan.target.health.key, kind: "open", forMs: 10_000 });
    assert.equal(traffic.copy(call(), OWNER), null);
    assert.deepEqual(outcomes(), { unavailable: 1 });
  });

  it("lets no more than a hundred wait", async () => {
    const { traffic, call, outcomes, snapshot } = set();
    const watched = Array.from({ length: 101 }, () => traffic.copy(call(), OWNER));
    assert.equal(watched.filter((each) => each !== null).length, 100);
    assert.deepEqual(outcomes(), { busy: 1 });
    for (const each of watched) each?.released();
    await nextTurn();
    assert.equal(traffic.running, 0);
    assert.deepEqual(outcomes(), { busy: 1, cancelled: 100 });
    await snapshot.running.idle();
  });

  it("lets no more wait than it may hold", async () => {
    const mebibyte = 1024 * 1024;
    const { traffic, call, outcomes } = set({ maxBytes: 16 * mebibyte });
    const watched = Array.from({ length: 3 }, () => traffic.copy(call(), OWNER));
    assert.deepEqual(
      watched.map((each) => each !== null),
      [true, true, false],
    );
    watched[0]?.released();
    await nextTurn();
    assert.ok(traffic.copy(call(), OWNER));
    assert.equal(traffic.copy(call(), OWNER), null);
    assert.deepEqual(outcomes(), { busy: 2, cancelled: 1 });
    traffic.close();
  });

  it("takes a mistake of its own for the end of the copy", async () => {
    const bugs: unknown[] = [];
    const { traffic, call, outcomes } = set({}, { onBug: (error) => bugs.push(error) });
    const watched = traffic.copy(call(), OWNER);
    assert.ok(watched);
    void watched.send({ record: null } as never);
    watched.onComplete(false);
    watched.released();
    await nextTurn();
    assert.equal(bugs.length, 1);
    assert.deepEqual([outcomes(), traffic.running], [{ cancelled: 1 }, 0]);
  });

  it("copies nothing while the event loop is late", () => {
    let lateMs = 101;
    const { traffic, call, outcomes } = set({}, { lateMs: () => lateMs });
    assert.equal(traffic.copy(call(), OWNER), null);
    assert.deepEqual(outcomes(), { late: 1 });
    lateMs = 100;
    assert.ok(traffic.copy(call(), OWNER));
    traffic.close();
  });

  it("copies calls to chat and to embed, and no others", () => {
    const { traffic, call, outcomes } = set();
    const { request } = call();
    for (const endpoint of ["rerank", "images", "moderations"] as const)
      assert.equal(traffic.copy(call({ request: { ...request, endpoint } }), OWNER), null);
    assert.deepEqual(outcomes(), undefined);
  });

  it("takes no more when it is closed, and ends those that run", async () => {
    const { traffic, plan, call, snapshot } = set();
    assert.ok(traffic.copy(call(), OWNER));
    traffic.close();
    await nextTurn();
    assert.equal(traffic.running, 0);
    assert.equal(traffic.draws(plan), false);
    await snapshot.running.idle();
  });

  it("forgets models that a new configuration does not copy", async () => {
    const { traffic, plan, call } = set();
    const watched = traffic.copy(call(), OWNER);
    traffic.retain([plan]);
    assert.equal(traffic.tallies().length, 1);
    traffic.retain([]);
    watched?.released();
    await nextTurn();
    assert.deepEqual(traffic.tallies(), []);
  });
});
