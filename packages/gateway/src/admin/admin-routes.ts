import { createRequire } from "node:module";
import { KEY_DEFAULTS } from "@headrace/core/config/defaults";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { CallsQuery, ExplainedCall } from "../explain/explained-call.ts";
import { answerError } from "../handlers/answer-error.ts";
import { handleLivez } from "../handlers/health.ts";
import type { Exchange, Handler, Route } from "../http/exchange.ts";
import { JSON_LINES, TEXT_LINES } from "../http/header-lines.ts";
import type { MetricJson } from "../observability/metric-table.ts";
import { bearerToken } from "../pipeline/admit.ts";
import type { ShadowTally } from "../shadow/shadow-tally.ts";
import { Keyring } from "../snapshot/keyring.ts";
import { CALLS_PATH, getCallHandler, listCallsHandler } from "./call-routes.ts";
import { healthHandler, type ProcessHealth } from "./health-routes.ts";
import { SHADOW_PATH, shadowReportHandler } from "./shadow-routes.ts";

export interface AdminDeps {
  /** The admin key, or undefined for a listener that only this machine reaches. */
  readonly key: string | undefined;
  readonly metrics: () => Promise<MetricJson[][]>;
  /** Where the latest calls went that fit, newest first. */
  readonly calls: (query: CallsQuery) => Promise<ExplainedCall[]>;
  /** How targets are, as each process sees them. */
  readonly health: () => Promise<readonly ProcessHealth[]>;
  /** How copies of calls went, as each process tells it. */
  readonly shadows: () => Promise<ShadowTally[]>;
  /** True while every gateway process serves. */
  readonly ready: () => boolean;
  /** The running config with its secrets masked, its version and hash. */
  readonly describeConfig: () => object;
  readonly onBug: (error: unknown, requestId: string) => void;
}

const PROMETHEUS_LINES = "\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8";

const require = createRequire(import.meta.url);

/** The processes' metrics as one, in Prometheus' text format. Its library is loaded with the first scrape. */
function aggregated(byProcess: MetricJson[][]): Promise<string> {
  const { AggregatorRegistry }: typeof import("prom-client") = require("prom-client");
  return AggregatorRegistry.aggregate(byProcess).metrics();
}

/** The admin port. Health needs no key, everything else does when there is one. */
export function adminRoutes(deps: AdminDeps): Route[] {
  const guarded = guard(deps);
  return [
    { method: "get", path: "/livez", handler: handleLivez },
    {
      method: "get",
      path: "/readyz",
      handler: (exchange) => {
        if (deps.ready()) exchange.respond(200, TEXT_LINES, "ready\n");
        else answerError(exchange, new GatewayError("not_ready"));
      },
    },
    { method: "get", path: "/metrics", handler: guarded(metricsHandler(deps)) },
    { method: "get", path: "/admin/health", handler: guarded(healthHandler(deps)) },
    { method: "get", path: CALLS_PATH, handler: guarded(listCallsHandler(deps)) },
    { method: "get", path: `${CALLS_PATH}/:id`, handler: guarded(getCallHandler(deps)) },
    { method: "get", path: SHADOW_PATH, handler: guarded(shadowReportHandler(deps)) },
    {
      method: "get",
      path: "/admin/config",
      handler: guarded((exchange) =>
        exchange.respond(200, JSON_LINES, JSON.stringify(deps.describeConfig())),
      ),
    },
  ];
}

function metricsHandler(deps: AdminDeps): Handler {
  return function handleMetrics(exchange) {
    deps
      .metrics()
      .then((byProcess) => aggregated(byProcess))
      .then((text) => exchange.respond(200, PROMETHEUS_LINES, text))
      .catch((error: unknown) => {
        answerError(exchange, new GatewayError("internal_error", { cause: error }));
        deps.onBug(error, exchange.requestId);
      });
  };
}

function guard({ key }: AdminDeps): (handler: Handler) => Handler {
  if (key === undefined) return (handler) => handler;
  const keyring = new Keyring({ mode: "keys", force: false }, [{ ...KEY_DEFAULTS, name: "admin", key }]);
  return (handler) => (exchange: Exchange) => {
    const presented = bearerToken(exchange);
    if (keyring.identify(presented) !== null) handler(exchange);
    else answerError(exchange, new GatewayError(presented === "" ? "missing_api_key" : "invalid_api_key"));
  };
}
