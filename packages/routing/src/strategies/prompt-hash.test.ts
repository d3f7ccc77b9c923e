import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addPromptText } from "./prompt-hash.ts";
import { scatter } from "./stable-hash.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const hashOf = (text: string, chars = text.length): number => scatter(addPromptText(0, text, chars));

/** Whoever changes one of these moves every conversation of every deployment to another target, whose caches know nothing of it. */
const GOLDEN: readonly (readonly [string, number])[] = [
  ["", 3_289_588_207],
  ["role", 795_508_794],
  ["You are terse.", 658_598_288],
  ["You answer questions about the weather, in žluťoučký Czech 🐎.", 1_713_356_270],
];

for (const [text, hash] of GOLDEN) {
  test(`prompt hash: of ${JSON.stringify(text)}`, () => assert.equal(hashOf(text), hash));
}

test("prompt hash: every unit of what is read changes it, none behind that does, and the length always", () => {
  const text = fc.string({ unit: "binary", minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(text, fc.nat(), fc.integer({ min: 1, max: 0xffff }), (before, place, flip) => {
      const at = place % before.length;
      const changed = String.fromCharCode(before.charCodeAt(at) ^ flip);
      const after = before.slice(0, at) + changed + before.slice(at + 1);
      assert.notEqual(hashOf(before), hashOf(after));
      assert.equal(hashOf(before, at), hashOf(after, at));
      assert.notEqual(hashOf(before, at), hashOf(`${before}x`, at));
    }),
    { seed },
  );
});

test("prompt hash: the order of texts counts, and where one ends", () => {
  const both = (one: string, other: string): number => {
    return scatter(addPromptText(addPromptText(0, one, one.length), other, other.length));
  };
  assert.equal(
    new Set([both("a", "b"), both("b", "a"), both("ab", ""), both("", "ab"), hashOf("ab")]).size,
    5,
  );
  const eights = ["weather.", "forecast"] as const;
  assert.notEqual(both(...eights), hashOf(eights.join("")));
});

test("prompt hash: of prompts that differ by a number, short or long, the lowest and the highest bits are even", () => {
  const count = 20_000;
  for (const beginning of ["", "You answer questions about the town number "]) {
    for (const mod of [2, 3, 16, 100]) {
      for (const digit of [
        (hash: number) => hash % mod,
        (hash: number) => Math.floor((hash / 2 ** 32) * mod),
      ]) {
        const cells = new Array<number>(mod).fill(0);
        for (let index = 0; index < count; index += 1) {
          const cell = digit(hashOf(beginning + index));
          cells[cell] = (cells[cell] ?? 0) + 1;
        }
        const expected = count / mod;
        const chi = cells.reduce((sum, cell) => sum + (cell - expected) ** 2 / expected, 0);
        assert.ok(chi < mod + 5 * Math.sqrt(2 * mod), `chi² of ${chi} for ${mod} cells`);
      }
    }
  }
});
