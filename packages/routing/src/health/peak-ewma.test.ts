import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { PeakEwma } from "./peak-ewma.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

test("peak-EWMA: unknown at first, up at once, down within its decay time", () => {
  const latency = new PeakEwma(10_000);
  assert.equal(latency.value(5_000), 0);
  latency.record(5_000, 100);
  latency.record(5_001, 2_000);
  assert.equal(latency.value(5_001), 2_000);
  for (let nowMs = 5_101; nowMs <= 15_001; nowMs += 100) latency.record(nowMs, 100);
  const afterOneDecayMs = 100 + 1_900 / Math.E;
  assert.ok(Math.abs(latency.value(15_001) - afterOneDecayMs) < 1, `${latency.value(15_001)}`);
});

test("peak-EWMA: fades while nothing is heard, so that the target is tried again", () => {
  const latency = new PeakEwma(10_000);
  latency.record(0, 1_000);
  assert.ok(Math.abs(latency.value(10_000) - 1_000 / Math.E) < 1e-9);
  assert.ok(latency.value(100_000) < 0.1);
});

test("peak-EWMA: never above the greatest sample nor below what is left of the newest", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const step = fc.record({ passMs: fc.nat(20_000), tookMs: fc.nat(60_000) });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 50 }), (steps) => {
      const latency = new PeakEwma(10_000);
      let nowMs = 0;
      let greatest = 0;
      for (const { passMs, tookMs } of steps) {
        nowMs += passMs;
        const before = latency.value(nowMs);
        latency.record(nowMs, tookMs);
        greatest = Math.max(greatest, tookMs);
        const after = latency.value(nowMs);
        assert.ok(after <= greatest + 1e-6);
        assert.ok(after >= Math.min(before, tookMs) - 1e-6);
        assert.ok(tookMs < before || after === tookMs, "a rise is followed at once");
      }
    }),
    { seed, numRuns: 200 },
  );
});
