import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";
import { type CpuPool, type CpuPoolOptions, createCpuPool, createCpuPoolOf } from "./pool.ts";
import { createGate } from "./testing/gate.ts";
import type { MisbehavingTasks } from "./testing/misbehaving-worker.ts";

const OPTIONS: CpuPoolOptions = { threads: 1, maxQueue: 10, taskTimeoutMs: 20_000, idleTimeoutMs: 60_000 };
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const WORKER = new URL(`./testing/misbehaving-worker${EXTENSION}`, import.meta.url);

function openPool(t: TestContext, options: Partial<CpuPoolOptions> = {}): CpuPool<MisbehavingTasks> {
  const pool = createCpuPoolOf<MisbehavingTasks>({ ...OPTIONS, ...options }, WORKER);
  t.after(() => pool.close());
  return pool;
}

function chatBody(): Uint8Array {
  return new Uint8Array(Buffer.from('{"model":"m","messages":[{"role":"user","content":"hi"}]}'));
}

function hasCode(code: ErrorCode): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof GatewayError, String(error));
    assert.equal(error.code, code);
    return true;
  };
}

describe("CpuPool", () => {
  it("runs the gateway's tasks on threads of its own, and starts none before the first", async (t) => {
    const pool = createCpuPool(OPTIONS);
    t.after(() => pool.close());
    assert.equal(pool.stats().threads, 0);
    const body = chatBody();
    const bytes = Buffer.from(body);
    const { plan, body: returned } = await pool.run("plan", {
      endpoint: "chat",
      body,
      path: { model: null, stream: false },
      maxDepth: 10,
    });
    assert.equal(plan.model, "m");
    assert.deepEqual(Buffer.from(returned), bytes);
    assert.equal(body.length, 0, "the body was transferred, not cloned");
    assert.equal(returned.byteLength, returned.buffer.byteLength, "and came back the same way");
    assert.equal(pool.stats().threads, 1);
  });

  it("finds modules on a thread as the caller does: sources from sources, builds from builds", async (t) => {
    const specifier = "@headrace/core/errors/gateway-error";
    assert.deepEqual(await openPool(t).run("resolve", { specifier }), {
      url: import.meta.resolve(specifier),
    });
  });

  it("rethrows a task's error with all its fields", async (t) => {
    const body = new Uint8Array(Buffer.from('{"messages":[{"role":"user"}]}'));
    await assert.rejects(
      openPool(t).run("plan", { endpoint: "chat", body, path: { model: null, stream: false }, maxDepth: 10 }),
      (error) => {
        assert.ok(error instanceof GatewayError);
        assert.equal(error.code, "missing_field");
        assert.equal(error.param, "model");
        assert.equal(error.status, 400);
        return true;
      },
    );
  });

  it("answers worker_failed for a bug in a task and keeps the reason", async (t) => {
    const pool = openPool(t);
    await assert.rejects(pool.run("throwBug", {}), (error) => {
      hasCode("worker_failed")(error);
      assert.match(String((error as GatewayError).cause), /a bug in a task/);
      return true;
    });
    assert.equal(pool.stats().failed, 1);
  });

  it("lets tasks wait up to maxQueue and refuses one more with a time to come back", async (t) => {
    const gate = createGate();
    const pool = openPool(t, { maxQueue: 2 });
    const tasks = ["a", "b", "c"].map((label) => pool.run("wait", { label }));
    await gate.arrived(1);
    assert.equal(pool.queueSize, 2);
    await assert.rejects(pool.run("wait", { label: "d" }), (error) => {
      hasCode("overloaded")(error);
      assert.ok(((error as GatewayError).retryAfterMs ?? 0) >= 1000);
      return true;
    });
    assert.equal(pool.stats().refused, 1);
    gate.open();
    assert.deepEqual(await Promise.all(tasks), [{ label: "a" }, { label: "b" }, { label: "c" }]);
  });

  it("refuses a task for which no thread became free in time, and ends no thread for it", async (t) => {
    const gate = createGate();
    const pool = openPool(t);
    const first = pool.run("wait", { label: "a" });
    await gate.arrived(1);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const late = assert.rejects(pool.run("wait", { label: "b" }), hasCode("overloaded"));
    t.mock.timers.tick(OPTIONS.taskTimeoutMs);
    await late;
    t.mock.timers.reset();
    gate.open();
    assert.deepEqual(await first, { label: "a" });
    assert.equal(pool.stats().timedOut, 0);
  });

  it("uses as many threads as it may", async (t) => {
    const gate = createGate();
    const pool = openPool(t, { threads: 2 });
    const tasks = ["a", "b"].map((label) => pool.run("wait", { label }));
    await gate.arrived(2);
    assert.equal(pool.stats().running, 2);
    gate.open();
    await Promise.all(tasks);
  });

  it("ends a thread without work and starts another when there is some", async (t) => {
    const pool = openPool(t, { idleTimeoutMs: 1 });
    const plan = () =>
      pool.run("plan", {
        endpoint: "chat",
        body: chatBody(),
        path: { model: null, stream: false },
        maxDepth: 10,
      });
    await plan();
    while (pool.stats().threads > 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal((await plan()).plan.model, "m");
  });
});

describe("CpuPool, when a thread", () => {
  async function assertStillWorks(pool: CpuPool<MisbehavingTasks>): Promise<void> {
    const { plan } = await pool.run("plan", {
      endpoint: "chat",
      body: chatBody(),
      path: { model: null, stream: false },
      maxDepth: 10,
    });
    assert.equal(plan.model, "m");
  }

  it("is stuck, answers worker_timeout and replaces it", async (t) => {
    const gate = createGate();
    const pool = openPool(t);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const stuck = assert.rejects(pool.run("spin", {}), hasCode("worker_timeout"));
    await gate.arrived(1);
    t.mock.timers.tick(OPTIONS.taskTimeoutMs);
    await stuck;
    t.mock.timers.reset();
    assert.equal(pool.stats().timedOut, 1);
    assert.equal(pool.stats().threads, 0, "the stuck thread is gone");
    await assertStillWorks(pool);
  });

  it("exits, answers worker_failed and replaces it, and those that waited are served", async (t) => {
    const pool = openPool(t);
    const dying = assert.rejects(pool.run("exit", { code: 1 }), hasCode("worker_failed"));
    await Promise.all([dying, assertStillWorks(pool), assertStillWorks(pool)]);
  });

  it("runs out of heap, answers worker_failed and replaces it", async (t) => {
    const pool = openPool(t, { resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 } });
    await assert.rejects(pool.run("exhaustHeap", {}), (error) => {
      hasCode("worker_failed")(error);
      assert.match(String((error as GatewayError).cause), /memory limit/);
      return true;
    });
    await assertStillWorks(pool);
  });

  it("cannot start, answers worker_failed instead of waiting for the time-out", async (t) => {
    const pool = createCpuPoolOf<MisbehavingTasks>(
      OPTIONS,
      new URL(`./no-such-worker${EXTENSION}`, import.meta.url),
    );
    t.after(() => pool.close());
    for (const _attempt of [1, 2]) await assert.rejects(pool.run("spin", {}), hasCode("worker_failed"));
  });
});

describe("CpuPool, when a caller goes away", () => {
  it("drops its task if that has not begun, with its bytes intact", async (t) => {
    const gate = createGate();
    const pool = openPool(t);
    const running = pool.run("wait", { label: "first" });
    await gate.arrived(1);
    const caller = new AbortController();
    const bytes = new Uint8Array(4);
    const waiting = pool.run("wait", { label: "second", bytes }, { signal: caller.signal });
    caller.abort();
    await assert.rejects(waiting, hasCode("client_closed"));
    assert.equal(pool.queueSize, 0);
    assert.equal(bytes.length, 4);
    gate.open();
    assert.deepEqual(await running, { label: "first" });
    assert.equal(pool.stats().completed, 1);
  });

  it("answers at once and keeps the thread if the task has begun", async (t) => {
    const gate = createGate();
    const pool = openPool(t);
    const caller = new AbortController();
    const task = pool.run("wait", { label: "a" }, { signal: caller.signal });
    await gate.arrived(1);
    caller.abort();
    await assert.rejects(task, hasCode("client_closed"));
    assert.deepEqual([pool.stats().running, pool.stats().threads], [1, 1]);
    gate.open();
    assert.deepEqual(await pool.run("wait", { label: "b" }), { label: "b" });
    assert.equal(pool.stats().threads, 1);
  });

  it("does not begin for a caller that left before", async (t) => {
    const pool = openPool(t);
    await assert.rejects(pool.run("spin", {}, { signal: AbortSignal.abort() }), hasCode("client_closed"));
    assert.equal(pool.stats().threads, 0);
  });
});

describe("CpuPool.close", () => {
  it("finishes what was accepted, refuses what comes later and ends the threads", async () => {
    const gate = createGate();
    const pool = createCpuPoolOf<MisbehavingTasks>(OPTIONS, WORKER);
    const tasks = ["running", "waiting"].map((label) => pool.run("wait", { label }));
    await gate.arrived(1);
    const closed = pool.close();
    await assert.rejects(pool.run("wait", { label: "late" }), hasCode("draining"));
    gate.open();
    await closed;
    assert.deepEqual(await Promise.all(tasks), [{ label: "running" }, { label: "waiting" }]);
    assert.equal(pool.stats().threads, 0);
  });

  it("is quick for a pool that never ran", async () => {
    await createCpuPool(OPTIONS).close();
  });
});
