import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import fc from "fast-check";
import type { AnswerContent, CalledTool } from "./answer-content.ts";
import { compareContents } from "./compare-contents.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
before((context) => {
  if ("diagnostic" in context) context.diagnostic(`fast-check seed ${seed}`);
});

const CALLS = fc.array(
  fc.record({
    name: fc.constantFrom("look_up", "send"),
    argumentsJson: fc.oneof(
      fc.constantFrom("", "{}", "{", "null"),
      fc.dictionary(fc.string(), fc.integer()).map((members) => JSON.stringify(members)),
    ),
  }),
  { maxLength: 4 },
);
const CHATS: fc.Arbitrary<AnswerContent> = fc.record({
  text: fc.string(),
  toolCalls: CALLS,
  finish: fc.array(fc.constantFrom("stop", "length", "tool-calls"), { maxLength: 2 }),
  vectors: fc.constant(null),
});

function chat(change: Partial<AnswerContent>): AnswerContent {
  return { text: "", toolCalls: [], finish: ["stop"], vectors: null, ...change };
}

function calling(...toolCalls: CalledTool[]): AnswerContent {
  return chat({ toolCalls });
}

describe("compareContents", () => {
  it("says the same whichever comes first", () => {
    fc.assert(
      fc.property(CHATS, CHATS, (one, other) => {
        const { primary, shadow, ...verdict } = compareContents(one, other);
        const turned = compareContents(other, one);
        assert.deepEqual({ ...verdict, primary: shadow, shadow: primary }, turned);
      }),
      { seed },
    );
  });

  it("finds nothing between an answer and itself", () => {
    fc.assert(
      fc.property(CHATS, (content) => {
        const { similarity, identical, sameToolCalls, sameFinish } = compareContents(content, content);
        assert.equal(similarity, content.text === "" ? null : 1);
        assert.equal(identical, true);
        assert.equal(sameToolCalls, content.toolCalls.length === 0 ? null : true);
        assert.equal(sameFinish, true);
      }),
      { seed },
    );
  });

  it("takes no word of a text, nor an argument, along", () => {
    const secret = chat({ text: "secret", toolCalls: [{ name: "secret", argumentsJson: '{"secret":1}' }] });
    assert.ok(!JSON.stringify(compareContents(secret, chat({ text: "secret too" }))).includes("secret"));
  });

  it("looks at arguments as values, and at calls without their order", () => {
    const one = calling(
      { name: "a", argumentsJson: '{"x":1,"y":{"b":[1,2],"a":null}}' },
      { name: "b", argumentsJson: "" },
    );
    const other = calling(
      { name: "b", argumentsJson: "{}" },
      { name: "a", argumentsJson: '{ "y": {"a":null,"b":[1,2]}, "x": 1.0 }' },
    );
    assert.equal(compareContents(one, other).sameToolCalls, true);
  });

  for (const [what, other] of [
    ["another name", { name: "b", argumentsJson: '{"x":[1,2]}' }],
    ["another value", { name: "a", argumentsJson: '{"x":[2,1]}' }],
    ["a member more", { name: "a", argumentsJson: '{"x":[1,2],"y":0}' }],
    ["no JSON", { name: "a", argumentsJson: '{"x":[1,2]' }],
  ] as const)
    it(`tells calls apart by ${what}`, () => {
      const { sameToolCalls, identical } = compareContents(
        calling({ name: "a", argumentsJson: '{"x":[1,2]}' }),
        calling(other),
      );
      assert.deepEqual([sameToolCalls, identical], [false, false]);
    });

  it("compares embeddings by their vectors alone", () => {
    const vectors = [Float32Array.of(1, 0)];
    const one = chat({ finish: [], vectors });
    const same = compareContents(one, chat({ finish: [], vectors: [Float32Array.of(1, 0)] }));
    assert.deepEqual([same.similarity, same.identical, same.sameFinish], [1, true, null]);
    const other = compareContents(one, chat({ finish: [], vectors: [Float32Array.of(2, 0)] }));
    assert.deepEqual([other.similarity, other.identical], [1, false]);
    assert.deepEqual([other.shadow.vectors, other.shadow.dimensions], [1, 2]);
  });
});
