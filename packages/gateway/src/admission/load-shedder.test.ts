import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LoadShedder } from "./load-shedder.ts";

/** Keeps the event loop from everything else. */
function block(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}

/** Lets the loop turn, and blocks each time, until it fits. */
async function blockUntil(fits: () => boolean, ms: number): Promise<void> {
  for (const untilMs = performance.now() + 10_000; performance.now() < untilMs && !fits(); ) {
    block(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(fits(), "nothing of it was seen in ten seconds");
}

describe("LoadShedder", () => {
  it("refuses calls while the event loop is late, and no longer when nobody is to look", async () => {
    const shedder = new LoadShedder({ eventLoopDelayMs: 10, retryAfterMs: 2_500 });
    for (let i = 0; i < 100; i++) shedder.admit("low");
    shedder.start();
    try {
      // The timer is due every 100 ms, and a turn of 150 ms makes it about 50 ms late.
      await blockUntil(() => shedder.delayMs > 25, 150);
      const errors = Array.from({ length: 20 }, () => refusalOf(() => shedder.admit("low")));
      const refused = errors.filter((error) => error !== null);
      assert.ok(refused.length >= 19, `${refused.length} of 20`);
      assert.deepEqual({ ...pick(refused[0]) }, { code: "overloaded", status: 503, retryAfterMs: 2_500 });
      assert.deepEqual(shedder.counts, { high: 0, normal: 0, low: refused.length });
      shedder.configure({ eventLoopDelayMs: null, retryAfterMs: 1_000 });
      for (let i = 0; i < 100; i++) shedder.admit("low");
      assert.equal(shedder.delayMs, 0);
    } finally {
      shedder.close();
    }
  });
});

function refusalOf(act: () => void): unknown {
  try {
    act();
    return null;
  } catch (error) {
    return error;
  }
}

function pick(error: unknown): object {
  const { code, status, retryAfterMs } = error as { code: string; status: number; retryAfterMs: number };
  return { code, status, retryAfterMs };
}
