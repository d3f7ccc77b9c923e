import { GatewayError } from "@headrace/core/errors/gateway-error";
import { answerError } from "../handlers/answer-error.ts";
import type { Handler } from "../http/exchange.ts";
import { JSON_LINES } from "../http/header-lines.ts";
import { reportShadows } from "../shadow/shadow-report.ts";
import type { ShadowTally } from "../shadow/shadow-tally.ts";

export const SHADOW_PATH = "/admin/shadow";

export interface ShadowRoutesDeps {
  readonly shadows: () => Promise<ShadowTally[]>;
  readonly onBug: (error: unknown, requestId: string) => void;
}

/** `GET /admin/shadow`: how the copies of each model's calls went, over all processes. */
export function shadowReportHandler(deps: ShadowRoutesDeps): Handler {
  return function handleShadowReport(exchange) {
    deps.shadows().then(
      (tallies) => exchange.respond(200, JSON_LINES, JSON.stringify({ shadows: reportShadows(tallies) })),
      (error: unknown) => {
        answerError(exchange, new GatewayError("internal_error", { cause: error }));
        deps.onBug(error, exchange.requestId);
      },
    );
  };
}
