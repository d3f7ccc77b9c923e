import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorCode } from "@headrace/core/errors/table";
import { readBoundary } from "./form-boundary.ts";

const GOOD = [
  ["multipart/form-data; boundary=abc", "abc"],
  ['Multipart/Form-Data;charset=utf-8; Boundary="a/b c:d"'.replace(" c", "c"), "a/bc:d"],
  [
    "multipart/form-data; boundary=----WebKitFormBoundary7MA4YWxkTrZu0gW",
    "----WebKitFormBoundary7MA4YWxkTrZu0gW",
  ],
] as const;

for (const [type, boundary] of GOOD) {
  test(`reads ${type}`, () => assert.equal(readBoundary(type), boundary));
}

const BAD: readonly (readonly [string, ErrorCode])[] = [
  ["", "unsupported_media_type"],
  ["application/json", "unsupported_media_type"],
  ["multipart/mixed; boundary=a", "unsupported_media_type"],
  ["multipart/form-dataX; boundary=a", "unsupported_media_type"],
  ["multipart/form-data", "malformed_form"],
  ["multipart/form-data; boundary=", "malformed_form"],
  ['multipart/form-data; boundary=""', "malformed_form"],
  ['multipart/form-data; boundary="a', "malformed_form"],
  ['multipart/form-data; boundary="a\\"b"', "malformed_form"],
  ["multipart/form-data; boundary=a; boundary=b", "malformed_form"],
  ["multipart/form-data; boundary=a, multipart/form-data; boundary=b", "malformed_form"],
  [`multipart/form-data; boundary=${"a".repeat(71)}`, "malformed_form"],
  ["multipart/form-data; boundary=a;", "malformed_form"],
];

for (const [type, code] of BAD) {
  test(`refuses ${JSON.stringify(type.slice(0, 60))}`, () =>
    assert.throws(() => readBoundary(type), { code }));
}
