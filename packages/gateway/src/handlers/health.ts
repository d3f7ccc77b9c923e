import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Handler } from "../http/exchange.ts";
import { TEXT_LINES } from "../http/header-lines.ts";
import { answerError } from "./answer-error.ts";

/** `GET /livez`: the process runs its event loop. */
export const handleLivez: Handler = (exchange) => exchange.respond(200, TEXT_LINES, "ok\n");

export type Readiness = "starting" | "ready" | "draining";

/** `GET /readyz`: whether a load balancer should send requests here. */
export function readyzHandler(readiness: () => Readiness): Handler {
  return function handleReadyz(exchange) {
    const state = readiness();
    if (state === "ready") exchange.respond(200, TEXT_LINES, "ready\n");
    else answerError(exchange, new GatewayError(state === "draining" ? "draining" : "not_ready"));
  };
}
