import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { jsonTexts } from "../testing/json-text.ts";
import { locateJsonError } from "./locate-error.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

function locate(text: string): number | null {
  return locateJsonError(Buffer.from(text));
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("locateJsonError", () => {
  for (const [text, offset] of [
    ["", 0],
    ["  ", 2],
    ["{", 1],
    ["[1,]", 3],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ["{a:1}", 1],
    ['{"a":1}x', 7],
    ["[1}", 2],
    ["]", 0],
    ["truth", 3],
    ["nul", 3],
    ["01", 1],
    ["-", 1],
    ["1.", 2],
    ["1e+", 3],
    ['"a\nb"', 2],
    ['"\\x"', 2],
    ['"\\u12g4"', 5],
    ['"abc', 4],
    ["'a'", 0],
    ["NaN", 0],
    ["\u00a0{}", 0],
  ] as const) {
    it(`puts the error of ${JSON.stringify(text)} at ${offset}`, () => assert.equal(locate(text), offset));
  }

  it("finds none in any JSON text", () => {
    fc.assert(fc.property(jsonTexts.value, (text) => assert.equal(locate(text), null)));
  });

  it("agrees with JSON.parse on damaged texts, and everything before the place was fine", () => {
    const damaged = fc
      .tuple(
        jsonTexts.value,
        fc.nat(),
        fc.nat(3),
        fc.constantFrom("", '"', ",", "}", "]", "{", "x", "\\", "0", "-", "e", "."),
      )
      .map(([text, at, cut, extra]) => {
        const position = at % (text.length + 1);
        return text.slice(0, position) + extra + text.slice(position + cut);
      })
      .filter((text) => text.isWellFormed());
    fc.assert(
      fc.property(damaged, (text) => {
        const offset = locate(text);
        assert.equal(offset === null, parses(text));
        if (offset === null) return;
        const before = Buffer.from(text).subarray(0, offset);
        assert.equal(locateJsonError(before) ?? offset, offset);
      }),
      { numRuns: 500 },
    );
  });

  it("takes deep nesting without recursion", () => {
    assert.equal(locate("[".repeat(200_000)), 200_000);
  });
});
