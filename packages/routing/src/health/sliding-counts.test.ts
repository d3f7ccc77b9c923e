import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SlidingCounts } from "./sliding-counts.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

test("sliding counts: what is older than the window is forgotten", () => {
  const counts = new SlidingCounts(10_000);
  counts.add(500, true);
  counts.add(1_500, false);
  assert.deepEqual([counts.calls(9_999), counts.failures(9_999)], [2, 1]);
  assert.deepEqual([counts.calls(10_000), counts.failures(10_000)], [1, 0]);
  assert.equal(counts.calls(11_000), 0);
});

test("sliding counts: always those of the last ten tenths of the window", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const step = fc.record({ passMs: fc.oneof(fc.nat(300), fc.nat(3_000)), failed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 10, max: 2_000 }), (steps, windowMs) => {
      const counts = new SlidingCounts(windowMs);
      const bucketMs = windowMs / 10;
      const heard: { readonly bucket: number; readonly failed: boolean }[] = [];
      let nowMs = 0;
      for (const { passMs, failed } of steps) {
        nowMs += passMs;
        counts.add(nowMs, failed);
        heard.push({ bucket: Math.floor(nowMs / bucketMs), failed });
        const recent = heard.filter(({ bucket }) => bucket > Math.floor(nowMs / bucketMs) - 10);
        assert.equal(counts.calls(nowMs), recent.length);
        assert.equal(counts.failures(nowMs), recent.filter((one) => one.failed).length);
      }
    }),
    { seed, numRuns: 300 },
  );
});
