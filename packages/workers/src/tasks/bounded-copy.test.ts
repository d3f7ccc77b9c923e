import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { boundedCopy } from "./bounded-copy.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

describe("boundedCopy", () => {
  it("keeps a small request as it is", () => {
    const request = {
      model: "m",
      messages: [{ role: "user", content: "Hello" }],
      metadata: { a: null, b: 1.5 },
    };
    assert.deepEqual(boundedCopy(request), request);
  });

  it("cuts long texts, long lists and what is nested deeply", () => {
    const copy = boundedCopy({ text: "x".repeat(5_000), list: Array.from({ length: 500 }, (_, i) => i) });
    assert.deepEqual(copy, { text: "x".repeat(1_024), list: Array.from({ length: 64 }, (_, i) => i) });
    let nested: unknown = "end";
    for (let depth = 0; depth < 50; depth++) nested = { nested };
    assert.ok(JSON.stringify(boundedCopy(nested)).length < 200);
  });

  it("keeps nothing that changes what an object is", () => {
    const copy = boundedCopy(JSON.parse('{"__proto__": {"polluted": true}, "a": 1}'));
    assert.equal(Reflect.get(Object(copy), "polluted"), undefined);
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });

  it("is bounded, whatever it copies", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
        assert.ok(JSON.stringify(boundedCopy(value)).length <= JSON.stringify(value).length);
      }),
      { numRuns: 200 },
    );
    const wide = (depth: number): unknown =>
      depth === 0 ? "leaf" : Array.from({ length: 64 }, () => wide(depth - 1));
    assert.ok(JSON.stringify(boundedCopy(wide(3))).length < 40_000 * 8);
  });
});
