import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Destination } from "../snapshot/snapshot.ts";

const MAX_NAMED = 8;

/** No target may be asked at present: says of each why, and asks the client to come back when the first one may be. */
export function noTargetAvailable(targets: readonly Destination[], nowMs: number): GatewayError {
  const states = targets.map((target) => ({ target, health: target.health.describe(nowMs) }));
  const limited = states.every(({ health }) => health.reason === "rate-limited");
  const soonestMs = Math.min(...states.map(({ health }) => health.availableInMs));
  const named = states.slice(0, MAX_NAMED).map(({ target, health }) => {
    const { provider, model, gate } = target;
    const busy = gate !== null && !gate.hasRoom;
    return `${provider}/${model} (${health.reason ?? (busy ? "busy" : "given up")})`;
  });
  const more = states.length > MAX_NAMED ? `; and ${states.length - MAX_NAMED} more` : "";
  const message = `No target of this model can be asked at present: ${named.join("; ")}${more}.`;
  const refusal = limited ? ({ status: 429, type: "rate_limit_error" } as const) : {};
  return new GatewayError("no_target_available", {
    message,
    retryAfterMs: Math.max(1, soonestMs),
    ...refusal,
  });
}
