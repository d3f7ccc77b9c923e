import assert from "node:assert/strict";
import { test } from "node:test";
import { assertServes } from "./good-call.ts";
import { HttpConnection, type RawRequest } from "./http-connection.ts";
import type { MockGateway } from "./mock-gateway.ts";
import { assertRefusal, assertRefusalLogged, type ExpectedRefusal } from "./refusals.ts";

/** A request that is wrong, and what it must get. */
export interface BadRequest extends ExpectedRefusal {
  readonly name: string;
  readonly request: RawRequest;
  /** The methods that the answer must name. */
  readonly allow?: string;
}

/** No refusal takes more than a few milliseconds; a stack overflow or a quadratic scan takes far longer. */
const PROMPT_MS = 1_000;

/** A test for each row: the error is right, nobody asks the provider, and the same connection serves the next call. */
export function testRefusals(rows: readonly BadRequest[], current: () => MockGateway): void {
  const refused: (ExpectedRefusal & { readonly requestId: string })[] = [];
  for (const row of rows) {
    test(`${row.name}: ${row.code}`, async () => {
      const up = current();
      const connection = await HttpConnection.open(up.gateway.port);
      const askedAtMs = performance.now();
      const answer = await connection.ask(row.request);
      const tookMs = performance.now() - askedAtMs;
      refused.push({ requestId: assertRefusal(answer, row), ...row });
      assert.equal(answer.headers.get("allow"), row.allow ?? null);
      assert.equal(answer.headers.has("x-headrace-provider"), false);
      assert.ok(tookMs < PROMPT_MS, `${tookMs} ms`);
      assert.equal(up.mock.counts.requests, 0);
      await assertServes(connection);
      await connection.close();
    });
  }

  // At the end, because the log is written later than the answers.
  test("every refusal is in the access log as what it was", async () => {
    assert.equal(refused.length, rows.length);
    for (const { requestId, ...row } of refused) await assertRefusalLogged(current(), requestId, row);
  });
}
