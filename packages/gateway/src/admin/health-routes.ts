import { GatewayError } from "@headrace/core/errors/gateway-error";
import { targetOf } from "@headrace/routing/health/registry";
import type { HealthReport } from "@headrace/routing/health/target-health";
import { answerError } from "../handlers/answer-error.ts";
import type { Handler } from "../http/exchange.ts";
import { JSON_LINES } from "../http/header-lines.ts";

/** What one gateway process knows of targets; null when it did not answer. */
export interface ProcessHealth {
  readonly process: number;
  readonly targets: readonly HealthReport[] | null;
}

export interface HealthRoutesDeps {
  readonly health: () => Promise<readonly ProcessHealth[]>;
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** `GET /admin/health`: each target as each process sees it. */
export function healthHandler({ health, onBug }: HealthRoutesDeps): Handler {
  return function handleHealth(exchange) {
    health().then(
      (processes) => {
        const shown = processes.map(({ process, targets }) => ({
          process,
          targets: targets?.map(showTarget) ?? null,
        }));
        exchange.respond(200, JSON_LINES, JSON.stringify({ processes: shown }));
      },
      (error: unknown) => {
        answerError(exchange, new GatewayError("internal_error", { cause: error }));
        onBug(error, exchange.requestId);
      },
    );
  };
}

/** The provider by itself, for calls that are about no model, has none. */
function showTarget({ key, ...report }: HealthReport): object {
  const { provider, model } = targetOf(key);
  return {
    provider,
    model: model === "" ? null : model,
    ...report,
    availableInMs: Math.ceil(report.availableInMs),
    pacedForMs: Math.ceil(report.pacedForMs),
    latencyMs: rounded(report.latencyMs),
    p50Ms: rounded(report.p50Ms),
    p95Ms: rounded(report.p95Ms),
  };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms * 10) / 10;
}
