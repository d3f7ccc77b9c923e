import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { createPlanner } from "./offload.ts";
import { createCpuPool } from "./pool.ts";

describe("createPlanner", () => {
  const body = (bytes: number): Uint8Array => {
    const empty = '{"model":"m","messages":[{"role":"user"}],"x":""}';
    return new Uint8Array(Buffer.from(empty.replace('""', `"${"x".repeat(bytes - empty.length)}"`)));
  };

  it("plans inline up to the threshold and on a thread above it, with the same result", async (t) => {
    const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 20_000, idleTimeoutMs: 60_000 });
    t.after(() => pool.close());
    const planner = createPlanner({ pool, offloadAboveBytes: 100, maxDepth: 10 });

    const small = body(100);
    const inline = planner.plan("chat", small);
    assert.ok(!(inline instanceof Promise));
    assert.equal(inline.body, small);
    assert.equal(pool.stats().completed, 0);

    const large = body(101);
    const bytes = Buffer.from(large);
    const offloaded = planner.plan("chat", large);
    assert.ok(offloaded instanceof Promise);
    const result = await offloaded;
    assert.deepEqual(result.plan, inline.plan);
    assert.deepEqual(Buffer.from(result.body), bytes);
    assert.equal(large.length, 0);
    assert.equal(pool.stats().completed, 1);
  });

  it("throws inline and rejects from a thread the same error", async (t) => {
    const pool = createCpuPool({ threads: 1, maxQueue: 1, taskTimeoutMs: 20_000, idleTimeoutMs: 60_000 });
    t.after(() => pool.close());
    const bad = () => new Uint8Array(Buffer.from("[]"));
    const planner = (offloadAboveBytes: number) => createPlanner({ pool, offloadAboveBytes, maxDepth: 10 });
    const refused = (error: unknown) => error instanceof GatewayError && error.code === "body_not_object";
    assert.throws(() => planner(2).plan("chat", bad()), refused);
    await assert.rejects(async () => planner(1).plan("chat", bad()), refused);
  });
});
