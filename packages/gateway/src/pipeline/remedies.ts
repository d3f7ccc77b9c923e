import type { ErrorCode } from "@headrace/core/errors/table";
import type { RetryPolicy } from "../snapshot/snapshot.ts";
import type { TryFailure } from "./tries.ts";

/** What may still be done with a target after a failure there. */
export type Remedy = "again" | "last-resort" | "elsewhere" | "none";

/**
 * What helps against failures that no provider put into a status. A request that took all its time, or whose answer
 * cannot be used, was most likely worked on and billed, so it is not sent to the same place again; where nobody could
 * be reached, others are asked first. What is not named here is final.
 */
const REMEDIES: Readonly<Partial<Record<ErrorCode, Remedy>>> = {
  upstream_unreachable: "last-resort",
  upstream_connect_timeout: "last-resort",
  upstream_cut: "again",
  upstream_first_byte_timeout: "elsewhere",
  upstream_idle_timeout: "elsewhere",
  upstream_stalled: "elsewhere",
  upstream_invalid_response: "elsewhere",
  upstream_event_too_large: "elsewhere",
  upstream_auth_failed: "elsewhere",
  unsupported_param: "elsewhere",
  endpoint_not_served: "elsewhere",
};

/** A provider's status, in a head or in an error event, is the config's to judge. */
export function remedyFor({ status, code }: TryFailure, { statuses, byStatus }: RetryPolicy): Remedy {
  if (code !== null && code !== "upstream_error") return REMEDIES[code] ?? "none";
  if (!statuses.has(status)) return "none";
  return byStatus.get(status)?.sameTarget === false ? "elsewhere" : "again";
}

/** Tries at one target, the first one among them, when they fail so. */
export function attemptsFor({ status }: TryFailure, { attempts, byStatus }: RetryPolicy): number {
  return byStatus.get(status)?.attempts ?? attempts;
}
