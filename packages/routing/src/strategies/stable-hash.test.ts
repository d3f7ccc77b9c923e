import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { StableHash, scatter, stableHash } from "./stable-hash.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

/** Whoever changes one of these moves every sticky sender of every deployment to another target. */
const GOLDEN: readonly (readonly [string, number])[] = [
  ["", 3_658_005_655],
  ["a", 2_296_901_991],
  ["openai/gpt-4o", 1_614_999_461],
  ["user-1", 2_615_697_845],
  ["user-2", 2_260_194_957],
  ["žluťoučký kůň 🐎", 1_107_984_740],
];

for (const [text, hash] of GOLDEN) {
  test(`stable hash: of ${JSON.stringify(text)}`, () => assert.equal(stableHash(text), hash));
}

test("stable hash: a salt changes it, parts are told apart, and a cut text keeps its length", () => {
  assert.notEqual(new StableHash(7).add("a").value(), stableHash("a"));
  assert.notEqual(new StableHash().add("ab").add("c").value(), new StableHash().add("a").add("bc").value());
  assert.notEqual(new StableHash().addPart("abc", 2).value(), new StableHash().addPart("abcd", 2).value());
  assert.equal(new StableHash().addPart("abc", 2).value(), new StableHash().addPart("abd", 2).value());
});

test("stable hash: of numbered texts the lowest and the highest bits are even", () => {
  const count = 20_000;
  for (const mod of [2, 3, 16, 100]) {
    for (const digit of [
      (hash: number) => hash % mod,
      (hash: number) => Math.floor((hash / 2 ** 32) * mod),
    ]) {
      const cells = new Array<number>(mod).fill(0);
      for (let index = 0; index < count; index += 1) {
        const cell = digit(scatter(scatter(stableHash(`user-${index}`)) ^ stableHash("openai/gpt-4o")));
        cells[cell] = (cells[cell] ?? 0) + 1;
      }
      const expected = count / mod;
      const chi = cells.reduce((sum, cell) => sum + (cell - expected) ** 2 / expected, 0);
      assert.ok(chi < mod + 5 * Math.sqrt(2 * mod), `chi² of ${chi} for ${mod} cells`);
    }
  }
});

test("stable hash: is of 32 bits, and the same for the same text", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer(), (text, salt) => {
      const hash = new StableHash(salt).add(text).value();
      assert.equal(hash, new StableHash(salt).add(text).value());
      assert.ok(Number.isInteger(hash) && hash >= 0 && hash < 2 ** 32);
      const joined = scatter(scatter(hash) ^ salt);
      assert.ok(Number.isInteger(joined) && joined >= 0 && joined < 2 ** 32);
    }),
    { seed },
  );
});
