import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { memberSpans, memberStart, plainText, replaceSpans } from "./member-span.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

function memberText(text: string, name: string): string | null {
  const bytes = Buffer.from(text);
  const span = memberSpans(bytes, 0, [name])[name] ?? null;
  return span === null ? null : bytes.toString("utf8", ...span);
}

test("member span: only members of the object itself, of two the last", () => {
  assert.equal(memberText(' { "a" : {"id":"x"}, "id" :\n"b" }', "id"), '"b"');
  assert.equal(memberText('{"id":1,"id":[2,"]"]}', "id"), '[2,"]"]');
  assert.equal(memberText('{"a":"\\"id\\":1","id":null}', "id"), "null");
  for (const text of ["", "[]", "{", '{"id"', '{"id":', '{"id":"a', '{"a":1}', "null", '{"id"x:1}'])
    assert.equal(memberText(text, "id"), null, text);
});

test("member span: every member of any JSON is found as the parser finds it", () => {
  const object = fc.dictionary(fc.string({ unit: fc.constantFrom("a", "b", "é") }), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.nat(4), (value, spaces) => {
      const text = JSON.stringify(value, null, spaces);
      for (const [name, member] of Object.entries(value)) {
        if (/[^ab]/.test(name)) continue; // written with bytes of its own
        assert.deepEqual(JSON.parse(memberText(text, name) ?? ""), JSON.parse(JSON.stringify(member)));
      }
    }),
    { seed },
  );
});

test("member span: where a member begins, though it may have no end", () => {
  const at = (text: string) => memberStart(Buffer.from(text), 0, "id");
  assert.equal(at('{"a":{"id":1},"id": {"b'), 20);
  for (const text of ["", "{}", '{"a":{"id":1}}', '{"a":"x', "[]"]) assert.equal(at(text), -1);
});

test("member span: whatever the bytes are, it answers", () => {
  const near = fc.string({ unit: fc.constantFrom("{", "}", "[", "]", '"', "\\", ":", ",", "id", " ", "1") });
  fc.assert(
    fc.property(near, (text) => {
      memberSpans(Buffer.from(text), 0, ["id"]);
      memberStart(Buffer.from(text), 0, "id");
    }),
    { seed, numRuns: 2000 },
  );
});

test("member span: long texts, whatever is escaped in them", () => {
  const escapes = fc.array(fc.constantFrom("a".repeat(40), "\\\\", '\\"', "\\n", "b"), { maxLength: 30 });
  fc.assert(
    fc.property(escapes, (pieces) => {
      const text = `{"long":"${pieces.join("")}","id":1}`;
      assert.equal(memberText(text, "id"), "1");
    }),
    { seed },
  );
});

test("plain text: without escapes, and texts only", () => {
  const read = (json: string) => plainText(Buffer.from(json), [0, json.length]);
  assert.equal(read('"abc"'), "abc");
  for (const other of ['"a\\nb"', "12", "null", '{"a":1}']) assert.equal(read(other), null);
});

test("replace spans: the rest stays", () => {
  const bytes = Buffer.from("0123456789");
  assert.equal(replaceSpans(bytes, []), bytes);
  const replaced = replaceSpans(bytes, [
    { span: [2, 4], text: "" },
    { span: [6, 6], text: "six" },
  ]);
  assert.equal(replaced.toString(), "0145six6789");
});
