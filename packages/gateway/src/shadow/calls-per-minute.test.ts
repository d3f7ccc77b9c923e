import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import { CallsPerMinute } from "./calls-per-minute.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
before((context) => {
  if ("diagnostic" in context) context.diagnostic(`fast-check seed ${seed}`);
});

const MINUTE_MS = 60_000;

describe("CallsPerMinute", () => {
  it("lets no more than its limit begin in any minute, and refuses none without need", () => {
    const pauses = fc.array(fc.oneof(fc.nat(50), fc.nat(40_000)), { maxLength: 200 });
    fc.assert(
      fc.property(pauses, fc.integer({ min: 1, max: 10 }), (pausesMs, limit) => {
        const rate = new CallsPerMinute(limit);
        const startsMs: number[] = [];
        let nowMs = 0;
        for (const pauseMs of pausesMs) {
          nowMs += pauseMs;
          const recent = startsMs.filter((startMs) => startMs > nowMs - MINUTE_MS).length;
          assert.equal(rate.take(nowMs), recent < limit);
          if (recent < limit) startsMs.push(nowMs);
        }
      }),
      { seed },
    );
  });

  it("forgets what is over a minute ago", () => {
    const rate = new CallsPerMinute(5_000);
    for (let i = 0; i < 5_000; i++) assert.ok(rate.take(i));
    assert.equal(rate.take(5_000), false);
    for (let i = 0; i < 5_000; i++) assert.ok(rate.take(MINUTE_MS + i), String(i));
    assert.equal(rate.take(MINUTE_MS + 5_000 - 1), false);
  });

  it("goes by a new limit at once, for what has begun before too", () => {
    const rate = new CallsPerMinute(2);
    assert.ok(rate.take(0) && rate.take(0));
    rate.configure(3);
    assert.ok(rate.take(1));
    rate.configure(1);
    assert.equal(rate.take(2), false);
  });
});
