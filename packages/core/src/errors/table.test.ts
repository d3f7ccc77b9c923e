import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ERROR_TABLE, type ErrorRow } from "./table.ts";

const TYPES: ReadonlySet<string> = new Set([
  "invalid_request_error",
  "authentication_error",
  "permission_error",
  "not_found_error",
  "rate_limit_error",
  "server_error",
  "upstream_error",
  "timeout_error",
]);

const ROWS = Object.entries<ErrorRow>(ERROR_TABLE);

for (const [code, row] of ROWS) {
  test(`error table: ${code} is well formed`, () => {
    assert.match(code, /^[a-z]+(_[a-z]+)*$/);
    assert.ok(Number.isInteger(row.status) && row.status >= 400 && row.status <= 599);
    assert.ok(TYPES.has(row.type), row.type);
    for (const sentence of [row.summary, row.remedy]) assert.match(sentence, /^[A-Z].*\.$/);
    // The table of docs/errors.md cannot hold a pipe.
    assert.ok(!`${row.summary}${row.remedy}`.includes("|"));
  });
}

test("error table: 401, 403 and 404 have the types that OpenAI's users match on", () => {
  const typeByStatus: Record<number, string> = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
  };
  for (const [code, row] of ROWS) assert.equal(row.type, typeByStatus[row.status] ?? row.type, code);
});

test("error table: docs/errors.md lists exactly these codes, with status and type", () => {
  const committed = readFileSync(new URL("../../../../docs/errors.md", import.meta.url), "utf8");
  const documented = [...committed.matchAll(/^\| `(\w+)` \| (\d+) \| `(\w+)` \|/gm)].map(
    ([, ...cells]) => cells,
  );
  assert.deepEqual(
    documented,
    ROWS.map(([code, row]) => [code, String(row.status), row.type]),
  );
});
