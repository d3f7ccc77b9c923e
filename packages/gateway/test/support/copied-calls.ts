/** What is told of copies, and models whose calls are copied. */
import assert from "node:assert/strict";
import type { ShadowReport } from "../../src/shadow/shadow-report.ts";
import type { RawAnswer } from "./http-connection.ts";
import type { LogLine } from "./log-tail.ts";
import type { RoutedGateway } from "./routed-gateway.ts";

/** Every call is copied. */
export const MANY = { sample: 1, perMinute: 10_000 } as const;

/** A model at the provider `first`, whose calls are copied to the provider `second` if they are. */
export function copiedModel(shadow?: object, change: object = {}): object {
  const target = { provider: "second", model: "clone" };
  const targets = [{ provider: "first", model: "asked" }];
  return { targets, ...(shadow === undefined ? {} : { shadow: { target, ...shadow } }), ...change };
}

export async function reportOf({ gateway }: RoutedGateway, model: string): Promise<ShadowReport> {
  const response = await fetch(`${gateway.adminUrl}/admin/shadow`);
  assert.equal(response.status, 200);
  const { shadows } = (await response.json()) as { shadows: readonly ShadowReport[] };
  const found = shadows.find((shadow) => shadow.model === model);
  assert.ok(found, `nothing is told of ${model}`);
  return found;
}

/** A copy is over when its line is in the log. */
export function shadowLogOf({ gateway }: RoutedGateway, { headers }: RawAnswer): Promise<LogLine> {
  const id = headers.get("x-request-id");
  return gateway.waitForLog((line) => line.msg === "shadow" && line.requestId === id);
}
