import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seed } from "../../testing/chat-streams.ts";
import {
  FreeformReader,
  grammarWords,
  INPUT_HEAD,
  INPUT_TAIL,
  unwrapInput,
  wrapInput,
  wrapInputPiece,
} from "./freeform.ts";

const TEXT = fc.string({
  unit: fc.constantFrom("a", '"', "\\", "\n", "é", "🌊", "\u2028", "\u0000", "u", "0"),
});

function cut(text: string, places: readonly number[]): string[] {
  const borders = [...new Set([0, ...places.map((place) => place % (text.length + 1)), text.length])].sort(
    (a, b) => a - b,
  );
  return borders.slice(1).map((border, at) => text.slice(borders[at], border));
}

test("freeform: a text goes in and comes out, however it is cut", () => {
  fc.assert(
    fc.property(TEXT, fc.array(fc.nat(200)), (text, places) => {
      assert.equal(unwrapInput(wrapInput(text)), text);
      const pieces = cut(text, places).map(wrapInputPiece);
      assert.equal(unwrapInput(INPUT_HEAD + pieces.join("") + INPUT_TAIL), text);
      const reader = new FreeformReader();
      const given = cut(wrapInput(text), places).map((piece) => reader.push(piece));
      assert.equal(given.join(""), text);
      assert.equal(reader.isReading, true);
    }),
    { seed },
  );
});

test("freeform: what a model forgot to escape, or left unfinished, is given as it stands", () => {
  assert.equal(unwrapInput('{"input":"a\nb"}'), "a\nb");
  assert.equal(unwrapInput('{"input":"a\\qb"}'), "a\\qb");
  assert.equal(unwrapInput('{"input":"half'), "half");
});

test("freeform: arguments of another form are not taken apart while they come", () => {
  assert.equal(unwrapInput('{"note":1,"input":"a"}'), "a");
  assert.equal(unwrapInput('{"patch":"a"}'), '{"patch":"a"}');
  assert.equal(unwrapInput("plain"), "plain");
  const reader = new FreeformReader();
  assert.equal(reader.push('{"patch":"a"}'), "");
  assert.equal(reader.push(" ".repeat(300)), "");
  assert.equal(reader.push('"input":"b"'), "");
  assert.equal(reader.isReading, false);
});

test("freeform: a grammar is told in words, on both of OpenAI's wires", () => {
  const flat = { type: "grammar", syntax: "lark", definition: "start: /a/" };
  assert.equal(grammarWords(flat), "\n\nThe input must match this Lark grammar:\nstart: /a/");
  assert.equal(
    grammarWords({ type: "grammar", grammar: { syntax: "regex", definition: "a+" } }),
    "\n\nThe input must match this regular expression:\na+",
  );
  for (const none of [undefined, { type: "text" }, { type: "grammar" }]) assert.equal(grammarWords(none), "");
});
