import assert from "node:assert/strict";
import { test } from "node:test";
import { Cooling } from "./cooling.ts";
import { HEALTH_DEFAULTS } from "./options.ts";

function cool(): Cooling {
  return new Cooling(HEALTH_DEFAULTS.cooling);
}

for (const [askedMs, untilMs] of [
  [null, 1_000],
  [0, 1_000],
  [-5, 1_000],
  [Number.NaN, 1_000],
  [1, 1],
  [20_000, 20_000],
  [86_400_000, 60_000],
  [Number.POSITIVE_INFINITY, 60_000],
] as const) {
  test(`cooling: a target refused for ${askedMs} ms is left alone for ${untilMs}`, () => {
    const cooling = cool();
    cooling.refused(0, askedMs);
    assert.equal(cooling.untilMs, untilMs);
  });
}

test("cooling: refused again and again, it doubles up to a minute", () => {
  const cooling = cool();
  const heldForMs = [];
  for (let time = 0; time < 8; time += 1) {
    const atMs = cooling.untilMs;
    cooling.refused(atMs, null);
    heldForMs.push(cooling.untilMs - atMs);
  }
  assert.deepEqual(heldForMs, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test("cooling: calls that were under way together are refused once", () => {
  const cooling = cool();
  for (let call = 0; call < 100; call += 1) cooling.refused(call, null);
  assert.equal(cooling.untilMs, 1_000);
});

test("cooling: a served call, and a minute without a refusal, begin anew", () => {
  const cooling = cool();
  cooling.refused(0, null);
  cooling.served(500);
  assert.equal(cooling.untilMs, 1_000, "an answer to a call sent before");
  cooling.refused(1_000, null);
  cooling.served(3_000);
  cooling.refused(4_000, null);
  assert.equal(cooling.untilMs, 5_000);
  cooling.refused(66_000, null);
  assert.equal(cooling.untilMs, 67_000);
});

test("cooling: a shorter time never cuts a longer one", () => {
  const cooling = cool();
  cooling.refused(0, 30_000);
  cooling.refused(1_000, 2_000);
  cooling.holdFor(1_000, 5_000);
  assert.equal(cooling.untilMs, 30_000);
  cooling.holdFor(1_000, 40_000);
  assert.equal(cooling.untilMs, 41_000);
});
