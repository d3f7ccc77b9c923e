import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MarkSearch } from "./mark-search.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const firstIn = (marks: readonly string[], text: string): number =>
  new MarkSearch(marks.map(bytes)).firstIn(bytes(text));

describe("MarkSearch finds", () => {
  it("the one that stands first, whichever it is", () => {
    const marks = ['"error"', '"prompt_tokens"', "[DONE]"];
    assert.equal(firstIn(marks, 'data: {"prompt_tokens":1,"error":2}'), 7);
    assert.equal(firstIn(marks, 'data: {"error":1,"prompt_tokens":2}'), 7);
    assert.equal(firstIn(marks, "data: [DONE]"), 6);
    assert.equal(firstIn(marks, "[DONE]"), 0);
  });

  it("none that is cut, or only resembles one", () => {
    const marks = ['"error"', '"prompt_tokens"'];
    for (const text of ["", '"', '"error', '"errors"', '\\"error\\"', '"prompt_token"', '"prompt_tokens'])
      assert.equal(firstIn(marks, text), -1, text);
  });

  it("what a search for each of them finds", () => {
    const text = (maxLength: number, minLength = 0): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom("a", "b", "c", '"', "\u00ff"), minLength, maxLength });
    fc.assert(
      fc.property(fc.array(text(5, 1), { minLength: 1, maxLength: 3 }), text(60), (marks, searched) => {
        const found = marks.map((mark) => searched.indexOf(mark)).filter((at) => at !== -1);
        assert.equal(firstIn(marks, searched), found.length === 0 ? -1 : Math.min(...found));
      }),
      { numRuns: 2000 },
    );
  });
});
