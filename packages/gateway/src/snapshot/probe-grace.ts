import type { ProbeConfig } from "@headrace/core/config/types-traffic";

/** How often it is looked whether a provider is to be probed. */
export const PROBE_TICK_MS = 250;

/** So long after its time an open circuit waits for the probe that is to close it, which another process may make. */
export function probeGraceMs(probe: ProbeConfig | undefined): number {
  return probe === undefined ? 0 : 2 * PROBE_TICK_MS + probe.timeoutMs;
}
