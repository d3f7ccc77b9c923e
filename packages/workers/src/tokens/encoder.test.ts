import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Tiktoken } from "tiktoken/lite";
import { textEncoding } from "./encoder.ts";
import type { EncodingName } from "./models.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

/** tiktoken itself, in quadratic time. */
function loadReference(name: EncodingName): Tiktoken {
  const { resolve } = createRequire(import.meta.url);
  const vocabulary = JSON.parse(readFileSync(resolve(`tiktoken/encoders/${name}.json`), "utf8"));
  return new Tiktoken(vocabulary.bpe_ranks, vocabulary.special_tokens, vocabulary.pat_str);
}

/** Alphabets of which any mixture makes pieces without end. */
const ALPHABETS = {
  "one letter": ["a"],
  letters: [..."abcdefghijklmnopqrstuvwxyz"],
  "two letters": ["a", "b"],
  capitals: [..."ACGT"],
  ideographs: [..."日本語中文字漢的一是不了人我在有他这"],
  thai: [..."กขคงจฉชซ"],
  accents: ["e\u0301", "a\u0308"],
  signs: [..."!@#$%^&*()-=+"],
  "letters of all kinds": ["a", "A", "é", "日", "\u02b0", "ß", "\u0301"],
  emoji: ["🙂", "🚀", "👍🏽"],
  blanks: [" ", "\t", "\u00a0", "\u3000", "\u0085"],
  lines: ["\n", "\r\n"],
} as const;

for (const name of ["o200k_base", "cl100k_base"] as const) {
  describe(`${name}, against tiktoken itself`, () => {
    const reference = loadReference(name);
    const encoding = textEncoding(name);

    function assertSame(text: string): void {
      const { tokens, exact } = encoding.encode(text);
      assert.equal(exact, true);
      assert.deepEqual(Array.from(tokens), Array.from(reference.encode_ordinary(text)));
    }

    for (const [kind, alphabet] of Object.entries(ALPHABETS)) {
      it(`encodes long pieces of ${kind} exactly, amid ordinary words`, () => {
        const piece = fc
          .array(fc.constantFrom(...alphabet), { minLength: 300, maxLength: 1000 })
          .map((units) => units.join(""));
        const before = fc.constantFrom("", " ", "one ", "It's", " 42 ", "...");
        const after = fc.oneof(before, fc.constant("\n"));
        fc.assert(
          fc.property(before, piece, after, (start, middle, end) => assertSame(start + middle + end)),
          { numRuns: 5 },
        );
      });
    }

    it("encodes a text of several segments exactly", () => {
      const paragraphs = [
        "It was 1 time… ",
        "数字、漢字。",
        "x = {a: [1,\n\t2]}\r\n",
        "—",
        "  \n\n",
        "'s 'll",
      ];
      let text = "";
      for (let index = 0; text.length < 150_000; index++) text += paragraphs[(index * 7) % 6];
      assertSame(text);
    });

    it("gives tokens back as text", () => {
      const { tokens } = encoding.encode("hello world, 日本");
      assert.equal(Array.from(tokens, (token) => encoding.decodeToken(token)).join(""), "hello world, 日本");
    });
  });
}

describe("a text that tiktoken would take minutes for", () => {
  const encoding = textEncoding("o200k_base");

  it("is encoded exactly where that can be known", () => {
    const { tokens, exact } = encoding.encode("a".repeat(200_000));
    assert.deepEqual([tokens.length, exact], [25_000, true]);
  });

  it("is cut, and told to be inexact, where nothing in it divides pieces", () => {
    const { tokens, exact } = encoding.encode("日".repeat(1_000_100));
    assert.equal(exact, false);
    assert.ok(Math.abs(tokens.length - 500_050) < 10);
  });

  it("is told to be inexact where a stretch of it would be split although the whole is not", () => {
    assert.equal(encoding.encode(`\n${" \t".repeat(500)}\n`).exact, false);
    const mixed = Array.from({ length: 4000 }, (_, index) =>
      (index * index * 7 + index) % 11 < 5 ? "\n" : "/",
    );
    assert.equal(encoding.encode(`!${mixed.join("")}`).exact, false);
  });
});
