import assert from "node:assert/strict";
import { test } from "node:test";
import { MODEL_DEFAULTS } from "@headrace/core/config/defaults";
import fc from "fast-check";
import { HEALTH_DEFAULTS } from "./options.ts";
import { ejectOutliers } from "./outliers.ts";
import { TargetHealth } from "./target-health.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const NOW = 1_000;
const CONFIG = MODEL_DEFAULTS.outliers;
/** No circuit breaker, so that only the comparison puts a target out. */
const OPTIONS = { ...HEALTH_DEFAULTS, breaker: { ...HEALTH_DEFAULTS.breaker, enabled: false } };

interface Doings {
  readonly tookMs: number;
  readonly calls?: number;
  readonly failures?: number;
}

function doing({ tookMs, calls = 40, failures = 0 }: Doings): TargetHealth {
  const health = new TargetHealth("key", OPTIONS, { random: () => 0, onNotice: () => {} });
  for (let call = 0; call < calls; call += 1) {
    const mark = health.onSent(NOW, 1);
    const failed = call < failures;
    if (!failed) health.onFirstByte(NOW, tookMs, mark);
    health.onEnded(NOW, { mark, outcome: failed ? "failed" : "served", retryAfterMs: null });
  }
  return health;
}

/** @returns the places of those ejected */
function ejected(doings: readonly Doings[], options = CONFIG): readonly number[] {
  const group = doings.map(doing);
  const out = ejectOutliers(group, NOW, options);
  assert.ok(out.every((health) => health.unavailableUntilMs === NOW + 30_000));
  return out.map((health) => group.indexOf(health));
}

const CASES: readonly (readonly [name: string, doings: readonly Doings[], places: readonly number[]])[] = [
  ["all alike", [{ tookMs: 300 }, { tookMs: 310 }, { tookMs: 290 }], []],
  ["one far slower", [{ tookMs: 300 }, { tookMs: 2_000 }, { tookMs: 290 }], [1]],
  ["one slower, yet less than four times", [{ tookMs: 300 }, { tookMs: 1_000 }, { tookMs: 290 }], []],
  ["one ten times slower, yet by 90 ms only", [{ tookMs: 10 }, { tookMs: 100 }, { tookMs: 10 }], []],
  ["one slower, with too few calls", [{ tookMs: 300 }, { tookMs: 2_000, calls: 19 }, { tookMs: 300 }], []],
  ["one compared with others of too few calls", [{ tookMs: 300, calls: 19 }, { tookMs: 9_000 }], []],
  ["one of two", [{ tookMs: 300 }, { tookMs: 9_000 }], [1]],
  ["one failing more", [{ tookMs: 300 }, { tookMs: 300 }, { tookMs: 300, failures: 14 }], [2]],
  [
    "all failing alike",
    [
      { tookMs: 300, failures: 19 },
      { tookMs: 300, failures: 18 },
    ],
    [],
  ],
  ["one failing 30 % more", [{ tookMs: 300 }, { tookMs: 300 }, { tookMs: 300, failures: 12 }], []],
  ["a single one", [{ tookMs: 60_000, failures: 40 }], []],
  ["nobody", [], []],
  [
    "two of five, the worst first",
    [{ tookMs: 100 }, { tookMs: 5_000 }, { tookMs: 100 }, { tookMs: 9_000 }, { tookMs: 100 }],
    [3, 1],
  ],
];

for (const [name, doings, places] of CASES) {
  test(`outliers: ${name}`, () => {
    assert.deepEqual(ejected(doings), places);
  });
}

test("outliers: no more than the share allows, and those that are out already count", () => {
  const doings = [{ tookMs: 100 }, { tookMs: 5_000 }, { tookMs: 100 }, { tookMs: 100 }];
  assert.deepEqual(ejected(doings, { ...CONFIG, maxEjectedShare: 0.24 }), []);
  const group = doings.map(doing);
  for (const place of [2, 3]) group[place]?.eject(NOW, CONFIG.ejectMs);
  assert.deepEqual(ejectOutliers(group, NOW), []);
});

test("outliers: none when they are not looked for", () => {
  assert.deepEqual(ejected([{ tookMs: 300 }, { tookMs: 9_000 }], { ...CONFIG, enabled: false }), []);
});

test("outliers: a target that is named twice in a group is one", () => {
  const [good, bad] = [doing({ tookMs: 100 }), doing({ tookMs: 5_000 })];
  assert.deepEqual(ejectOutliers([good, bad, bad, bad], NOW), [bad]);
});

test("outliers: one that came back is judged by what it does then", () => {
  const group = [doing({ tookMs: 100 }), doing({ tookMs: 5_000 })] as const;
  ejectOutliers(group, NOW);
  const backMs = group[1].unavailableUntilMs;
  for (let call = 0; call < 40; call += 1) group[1].onFirstByte(backMs, 100, group[1].onSent(backMs, 1));
  assert.deepEqual(ejectOutliers(group, backMs), []);
});

test("outliers: one target always stays, and at least the share that must", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const doings = fc.array(
    fc.record({ tookMs: fc.constantFrom(50, 100, 3_000, 9_000), failures: fc.constantFrom(0, 5, 20) }),
    { minLength: 1, maxLength: 8 },
  );
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(doings, share, (all, maxEjectedShare) => {
      const group = all.map(doing);
      for (let round = 0; round < 3; round += 1) ejectOutliers(group, NOW, { ...CONFIG, maxEjectedShare });
      const out = group.filter((health) => health.unavailableUntilMs > NOW).length;
      assert.ok(out < group.length && out <= maxEjectedShare * group.length);
    }),
    { seed, numRuns: 200 },
  );
});
