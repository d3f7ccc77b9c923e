import assert from "node:assert/strict";
import { test } from "node:test";
import { requestId } from "./request-id.ts";

for (const id of ["a", "req_1-2.3:4", "x".repeat(128), "550e8400-e29b-41d4-a716-446655440000"]) {
  test(`a usable id of the client is kept: ${id.slice(0, 40)}`, () => assert.equal(requestId(id), id));
}

for (const id of ["", "x".repeat(129), "a b", "a\r\nb", "<script>", "é", '"', "a/b"]) {
  test(`an unusable one is replaced: ${JSON.stringify(id.slice(0, 20))}`, () => {
    assert.match(requestId(id), /^req_[A-Za-z0-9_-]{12}[0-9a-z]+$/);
  });
}

test("ids are unique", () => {
  const ids = new Set(Array.from({ length: 10_000 }, () => requestId("")));
  assert.equal(ids.size, 10_000);
});
