import assert from "node:assert/strict";
import type { LogLine } from "./log-tail.ts";
import type { MockGateway } from "./mock-gateway.ts";

/** How soon the provider's work must be cancelled after its client has left. */
const CANCEL_WITHIN_MS = 100;
const PATIENCE_MS = 5_000;

export interface Departure {
  /** The `x-request-id` that the client sent. */
  readonly requestId: string;
  /** When it left, on the clock of performance.now(). */
  readonly leftAtMs: number;
}

/** Asserts that the only request at the provider was cancelled in time and logged as what it is; gives the log line. */
export async function assertCancelled(
  { mock, logOf }: Pick<MockGateway, "mock" | "logOf">,
  { requestId, leftAtMs }: Departure,
): Promise<LogLine> {
  const cancelled = await mock.waitFor(({ aborted }) => aborted, PATIENCE_MS);
  assert.equal(mock.received.length, 1);
  const tookMs = (cancelled.abortedAtMs ?? Number.POSITIVE_INFINITY) - leftAtMs;
  assert.ok(tookMs <= CANCEL_WITHIN_MS, `the provider was cancelled ${tookMs} ms after the client had left`);
  const log = await logOf(requestId);
  assert.deepEqual([log.status, log.errorCode], [499, "client_closed"]);
  return log;
}
