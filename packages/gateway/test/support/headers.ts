import assert from "node:assert/strict";
import { UPSTREAM_MODEL } from "./mock-gateway.ts";

const DECIMAL = /^\d+(\.\d+)?$/;

export interface HeaderExpectation {
  /** Tries at providers; 0 for a request that was refused before any. */
  readonly attempts: number;
}

/** Asserts what every answer of a call to a provider carries, good or bad: its id and how it got here. */
export function assertRouteHeaders(headers: Headers, { attempts }: HeaderExpectation): void {
  assert.match(headers.get("x-request-id") ?? "", /^req_[\w-]+$/);
  assert.equal(headers.get("x-headrace-attempts"), String(attempts));
  assert.match(headers.get("x-headrace-overhead-ms") ?? "", DECIMAL);
  assert.equal(headers.get("x-headrace-provider"), attempts === 0 ? null : "mock-provider");
  assert.equal(headers.get("x-headrace-model"), attempts === 0 ? null : UPSTREAM_MODEL);
}

/** Asserts {@link assertRouteHeaders} and that there is no word of waiting in an answer that is no error. */
export function assertSuccessHeaders(headers: Headers, expectation: HeaderExpectation): void {
  assertRouteHeaders(headers, expectation);
  assert.equal(headers.get("retry-after"), null);
  assert.equal(headers.get("retry-after-ms"), null);
}

/** Asserts that an error says when to come back, in OpenAI's two ways, or that it says nothing of it. */
export function assertRetryAfter(headers: Headers, retryAfterMs: number | null): void {
  const seconds = retryAfterMs === null ? null : String(Math.ceil(retryAfterMs / 1000));
  assert.equal(headers.get("retry-after"), seconds);
  assert.equal(headers.get("retry-after-ms"), retryAfterMs === null ? null : String(retryAfterMs));
}
