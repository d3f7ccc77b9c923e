import { GatewayError } from "@headrace/core/errors/gateway-error";
import { ERROR_TABLE } from "@headrace/core/errors/table";
import type { CallsQuery, ExplainedCall } from "../explain/explained-call.ts";
import { answerError } from "../handlers/answer-error.ts";
import type { Exchange, Handler } from "../http/exchange.ts";
import { JSON_LINES } from "../http/header-lines.ts";
import { decodeSegment } from "../http/path-segment.ts";

export const CALLS_PATH = "/admin/requests";

export interface CallRoutesDeps {
  readonly calls: (query: CallsQuery) => Promise<ExplainedCall[]>;
  readonly onBug: (error: unknown, requestId: string) => void;
}

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 1_000;
const INTEGER = /^\d{1,6}$/;

/** `GET /admin/requests`: the latest calls, newest first; `limit`, `status`, `model` and `error` choose among them. */
export function listCallsHandler(deps: CallRoutesDeps): Handler {
  return function handleListCalls(exchange) {
    let query: CallsQuery;
    try {
      query = readQuery(exchange);
    } catch (error) {
      answerError(exchange, GatewayError.from(error, "internal_error"));
      return;
    }
    answerLater(exchange, deps, async () => ({ requests: await deps.calls(query) }));
  };
}

/** `GET /admin/requests/{id}`: where one call went and why. Of several with this id it is the newest. */
export function getCallHandler(deps: CallRoutesDeps): Handler {
  return function handleGetCall(exchange) {
    const id = decodeSegment(exchange.path.slice(CALLS_PATH.length + 1));
    answerLater(exchange, deps, async () => {
      const [call] = await deps.calls({ id, limit: 1 });
      if (call === undefined) throw new GatewayError("request_not_found");
      return call;
    });
  };
}

function answerLater(exchange: Exchange, deps: CallRoutesDeps, work: () => Promise<object>): void {
  work().then(
    (document) => exchange.respond(200, JSON_LINES, JSON.stringify(document)),
    (error: unknown) => {
      const refusal = GatewayError.from(error, "internal_error");
      answerError(exchange, refusal);
      if (refusal !== error) deps.onBug(error, exchange.requestId);
    },
  );
}

/** @throws GatewayError `invalid_field` */
function readQuery(exchange: Exchange): CallsQuery {
  const status = integerOf(exchange, "status");
  const limit = integerOf(exchange, "limit") ?? DEFAULT_LIMIT;
  const model = exchange.query("model");
  const error = exchange.query("error");
  if (error !== "" && !Object.hasOwn(ERROR_TABLE, error))
    throw new GatewayError("invalid_field", { message: "There is no such error code.", param: "error" });
  return {
    limit: Math.min(MAX_LIMIT, limit),
    ...(status === undefined ? {} : { status }),
    ...(model === "" ? {} : { model }),
    ...(error === "" ? {} : { error }),
  };
}

function integerOf(exchange: Exchange, name: string): number | undefined {
  const text = exchange.query(name);
  if (text === "") return undefined;
  if (INTEGER.test(text)) return Number(text);
  throw new GatewayError("invalid_field", { message: `"${name}" must be an integer.`, param: name });
}
