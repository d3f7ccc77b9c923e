import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import fc from "fast-check";
import { jsonTexts } from "../testing/json-text.ts";
import { createKeySet, type Span, scanMembers } from "./scan.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const NAMES = ["model", "a", "", "stream_options", "ключ"];
const KEYS = createKeySet(NAMES);

function scan(text: string, maxDepth = 1000): [name: string, value: string][] {
  const bytes = Buffer.from(text);
  const found: [string, Span][] = [];
  scanMembers(bytes, { start: 0, keys: KEYS, maxDepth }, (slot, [start, end]) => {
    found.push([NAMES[slot] ?? "?", [start, end]]);
  });
  return found.map(([name, span]) => [name, bytes.toString("utf8", ...span)]);
}

/** A member as text, with what the scanner should report of it. */
const member = fc
  .tuple(
    fc.oneof(
      fc.constantFrom(...NAMES).map((name) => ({ name, key: JSON.stringify(name) })),
      fc.constantFrom(...NAMES).map((name) => ({ name, key: `"${escapeAll(name)}"` })),
      jsonTexts.string.map((key) => ({ name: JSON.parse(key) as string, key })),
    ),
    jsonTexts.value,
    fc.tuple(jsonTexts.whitespace, jsonTexts.whitespace, jsonTexts.whitespace, jsonTexts.whitespace),
  )
  .map(([{ name, key }, value, [w1, w2, w3, w4]]) => ({
    name,
    value,
    text: `${w1}${key}${w2}:${w3}${value}${w4}`,
  }));

function escapeAll(text: string): string {
  return Array.from(text, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`).join(
    "",
  );
}

describe("scanMembers", () => {
  it("reports exactly the wanted members of any object, in order, byte for byte", () => {
    fc.assert(
      fc.property(
        jsonTexts.whitespace,
        fc.array(member, { maxLength: 6 }),
        jsonTexts.whitespace,
        (w1, members, w2) => {
          const text = `${w1}{${members.map((one) => one.text).join(",")}}${w2}`;
          JSON.parse(text);
          const expected = members
            .filter((one) => NAMES.includes(one.name))
            .map((one) => [one.name, one.value]);
          assert.deepEqual(scan(text), expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("ends on any bytes at all", () => {
    const noise = fc.string({
      unit: fc.constantFrom('"', "\\", "{", "}", "[", "]", ":", ",", " ", "a", "1"),
    });
    fc.assert(
      fc.property(noise, (text) => void scan(text)),
      { numRuns: 1000 },
    );
  });

  it("counts the backslashes before a quote, far into a long string too", () => {
    for (let backslashes = 0; backslashes < 6; backslashes++) {
      for (let padding = 40; padding < 60; padding++) {
        const literal = `"${"x".repeat(padding)}${"\\\\".repeat(backslashes)}\\"${"y".repeat(padding)}"`;
        assert.deepEqual(scan(`{"note":${literal},"a":1}`), [["a", "1"]]);
        assert.deepEqual(scan(`{"a":${literal}}`), [["a", literal]]);
      }
    }
  });

  it("refuses depth beyond the limit wherever it stands, also below a value that is no object", () => {
    const deep = (error: unknown) => error instanceof GatewayError && error.code === "body_too_deep";
    assert.deepEqual(scan('{"a":[[]]}', 3), [["a", "[[]]"]]);
    assert.throws(() => scan('{"a":[[]]}', 2), deep);
    assert.throws(() => scan('{"x":{"y":[]}}', 2), deep);
    assert.throws(() => scan("[[[]]]", 2), deep);
  });
});
