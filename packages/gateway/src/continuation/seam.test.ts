import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Seam, withoutTrailingBlanks } from "./seam.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

/** What a client has in the end of a text that it had until then, and of what came in pieces. */
function joined(text: string, pieces: Iterable<string>, echoes = false): string {
  const seam = new Seam(text, { echoes });
  let out = text;
  for (const piece of pieces) out += seam.push(piece);
  return out + seam.end();
}

/** Whole words, each another one, so that nothing repeats itself but where a test does. */
const texts: fc.Arbitrary<string> = fc
  .tuple(
    fc.uniqueArray(fc.stringMatching(/^[a-zäé日🙂.,"{]{1,9}$/u), { minLength: 2, maxLength: 40 }),
    fc.array(fc.constantFrom(" ", " ", "\n", "\n\n", "  "), { minLength: 40, maxLength: 40 }),
  )
  .map(([words, blanks]) => words.map((word, i) => `${i}${word}${blanks[i] ?? " "}`).join(""));

const piecesOf = (text: string, sizes: readonly number[]): string[] => {
  const pieces: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
};
const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 10 });
/** Where a text is cut, as a share of it. */
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe("Seam", () => {
  it("joins a text that was cut anywhere with what a model makes of its beginning", () => {
    fc.assert(
      fc.property(texts, share, sizes, fc.boolean(), (whole, cut, pieceSizes, echoes) => {
        const text = whole.slice(0, Math.round(whole.length * cut));
        const given = withoutTrailingBlanks(text);
        assert.equal(joined(text, piecesOf(whole.slice(given.length), pieceSizes), echoes), whole);
      }),
    );
  });

  it("leaves out all of what a model repeats, whether it begins at the beginning or with the last words", () => {
    fc.assert(
      fc.property(
        texts,
        share,
        fc.integer({ min: 12, max: 200 }),
        sizes,
        (whole, cut, overlap, pieceSizes) => {
          const text = whole.slice(0, Math.round(whole.length * cut));
          const given = withoutTrailingBlanks(text);
          fc.pre(given.length >= 12);
          const repeated = given.slice(-Math.min(overlap, given.length));
          const rest = whole.slice(given.length);
          assert.equal(joined(text, piecesOf(repeated + rest, pieceSizes)), whole, "the last words");
          assert.equal(joined(text, piecesOf(given + rest, pieceSizes)), whole, "all of it");
        },
      ),
    );
  });

  it("leaves out what a provider always repeats, however short", () => {
    fc.assert(
      fc.property(texts, share, sizes, (whole, cut, pieceSizes) => {
        const text = whole.slice(0, Math.round(whole.length * cut));
        const given = withoutTrailingBlanks(text);
        assert.equal(joined(text, piecesOf(whole, pieceSizes), true), whole);
        assert.ok(whole.startsWith(given));
      }),
    );
  });

  it("loses nothing and says nothing twice, whatever comes", () => {
    const anything = fc.string({ unit: fc.constantFrom("a", "b", " ", "\n"), maxLength: 300 });
    fc.assert(
      fc.property(anything, anything, sizes, fc.boolean(), (text, next, pieceSizes, echoes) => {
        const out = joined(text, piecesOf(next, pieceSizes), echoes);
        assert.equal(out, joined(text, next === "" ? [] : [next], echoes), "however it is cut");
        assert.ok(out.startsWith(text), "what the client has cannot be taken back");
        const added = out.slice(text.length);
        assert.ok(next.endsWith(added), "only the beginning is ever left out");
        const left = next.slice(0, next.length - added.length);
        const blanks = text.slice(withoutTrailingBlanks(text).length);
        assert.ok(
          Array.from({ length: blanks.length + 1 }, (_, i) => blanks.slice(0, i)).some(
            (end) =>
              left.endsWith(end) &&
              withoutTrailingBlanks(text).includes(left.slice(0, left.length - end.length)),
          ),
          `left out what the client does not have: ${JSON.stringify(left)}`,
        );
      }),
    );
  });

  const cases: readonly (readonly [name: string, text: string, next: string, whole: string])[] = [
    ["a word in two", "The wat", "er runs.", "The water runs."],
    ["the same white space", "One.\n\n", "\n\nTwo.", "One.\n\nTwo."],
    ["more white space than there was", "One. ", "  Two.", "One.  Two."],
    ["other white space than there was", "One. ", "\nTwo.", "One. \nTwo."],
    ["no white space where there was some", "One.\n", "Two.", "One.\nTwo."],
    ["words that are meant twice", "Knock, ", "knock, who?", "Knock, knock, who?"],
    ["a rule that goes on", `|${"-".repeat(60)}`, `${"-".repeat(30)}|`, `|${"-".repeat(90)}|`],
    [
      "a row that goes on",
      "[0, 0, 0, 0, 0, 0, 0,",
      " 0, 0, 0, 0, 0, 0, 0]",
      "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
    ],
    ["nothing at all before", "", "Hello", "Hello"],
    ["nothing but white space before", "\n", "\nHello", "\nHello"],
    ["nothing more", "That is all.", "", "That is all."],
    ["no more than the last words", "He said that is all.", "that is all.", "He said that is all."],
  ];
  for (const [name, text, next, whole] of cases)
    it(`keeps ${name}`, () => {
      assert.equal(joined(text, [next]), whole);
      assert.equal(joined(text, Array.from(next)), whole);
    });

  it("holds nothing back that cannot be a repetition", () => {
    const seam = new Seam("The channel carries water from the pond", { echoes: false });
    assert.equal(seam.push(" to"), " to");
    assert.equal(seam.push(" the wheel"), " the wheel");
  });

  it("is quick about a long text that nearly repeats itself", () => {
    const text = `${"a".repeat(256 * 1024 - 1)}b`;
    const startedAtMs = performance.now();
    joined(text, piecesOf(`${text.slice(0, -1)}c`, [4]));
    assert.equal(joined(text, piecesOf(text, [4])), text);
    assert.ok(performance.now() - startedAtMs < 1_000);
  });
});
