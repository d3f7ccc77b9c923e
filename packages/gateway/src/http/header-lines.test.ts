import assert from "node:assert/strict";
import { test } from "node:test";
import { headerLines } from "./header-lines.ts";

test("each header is a line that begins with its line break", () => {
  assert.equal(headerLines({ "x-a": "1", "x-b": "two words" }), "\r\nx-a: 1\r\nx-b: two words");
  assert.equal(headerLines({}), "");
  assert.equal(headerLines({ "x-empty": "" }), "\r\nx-empty: ");
});

for (const value of ["a\r\nset-cookie: x=1", "a\nb", "a\rb", "a\u0000b", "\u007f", "日本", "\u2028"]) {
  test(`a value that could end its line or is no header text is left out: ${JSON.stringify(value)}`, () => {
    assert.equal(headerLines({ "x-bad": value, "x-good": "yes" }), "\r\nx-good: yes");
  });
}
