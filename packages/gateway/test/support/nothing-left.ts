import assert from "node:assert/strict";
import { KEY, type MockGateway, NARROW_KEY, PROVIDER_KEY } from "./mock-gateway.ts";
import type { StartedGateway } from "./started-gateway.ts";

const PATIENCE_MS = 5_000;
const INTERVAL_MS = 20;

/** The value of a gauge or counter on /metrics, summed over its labels; 0 when it is not there. */
export async function metricOf({ adminUrl }: StartedGateway, name: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const samples = text
    .split("\n")
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return samples.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** Waits until the gateway answers so many requests, none unless told; rejects when that does not come. */
export async function openRequests(gateway: StartedGateway, count = 0): Promise<void> {
  const deadlineAtMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const open = await metricOf(gateway, "headrace_open_requests");
    if (open === count) return;
    if (performance.now() > deadlineAtMs) throw new Error(`${open} requests are open, not ${count}`);
    // The gauge is only there to be asked.
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
}

/**
 * Asserts that a gateway is left as it began (no request open, nothing on standard error, no secret in its output) and
 * closes it, whatever the outcome: a gateway that is left running would keep the test run from ending.
 */
export async function closeWithNothingLeft(
  up: Pick<MockGateway, "gateway" | "close">,
  furtherSecrets: readonly string[] = [],
): Promise<void> {
  try {
    await assertNothingLeft(up.gateway, furtherSecrets);
  } finally {
    await up.close();
  }
}

async function assertNothingLeft(gateway: StartedGateway, furtherSecrets: readonly string[]): Promise<void> {
  await openRequests(gateway);
  assert.equal(gateway.stderr, "");
  const secrets = [KEY, NARROW_KEY, PROVIDER_KEY, ...furtherSecrets];
  assert.deepEqual(
    secrets.filter((secret) => gateway.stdout.includes(secret)),
    [],
  );
}
