import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import type { BytesEndpoint, Endpoint, Target } from "../answers/contract.ts";
import { openAiWire } from "../answers/openai/wire.ts";
import { Refusal } from "../answers/refusal.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { type ParsedPatch, patchFromHeaders } from "../behaviour/parse.ts";
import { resolveBehaviour } from "../behaviour/resolve.ts";
import { refusalScript } from "../wire/plain-script.ts";
import { answerRequest } from "./answer.ts";
import type { BehaviourSource } from "./behaviour-source.ts";
import { behaviourRefusal } from "./compile.ts";
import { Exchange, type ExchangeDeps, recordOf } from "./exchange.ts";
import { keyCheck } from "./key-check.ts";
import type { ReceivedRequest } from "./recorder.ts";
import type { Replays } from "./replay.ts";
import type { Route } from "./route-table.ts";
import { ScriptCache } from "./script-cache.ts";

/** What the routes of one mock share. */
export interface RouteDeps extends ExchangeDeps {
  readonly behaviours: BehaviourSource;
  readonly requireKey: string | undefined;
  readonly trustBodies: boolean;
  readonly replays: Replays;
  /** A number from 0 to 1 for the next jitter, and for whether an answer is slow. */
  readonly random: () => number;
}

const NO_TARGET: Target = { method: "", path: "", query: "", headers: {} };

const NOT_FOUND: BytesEndpoint = {
  kind: "bytes",
  name: "not-found",
  wire: openAiWire,
  needsTarget: true,
  answer: ({ target: { method, path } }) =>
    new Refusal({ status: 404, message: `Invalid URL (${method} ${path})`, code: null }),
};

/** Registers the API of the fake provider. */
export function registerRoutes(app: TemplatedApp, routes: readonly Route[], deps: RouteDeps): void {
  const serve = server(deps);
  for (const { method, path, endpoint } of routes) {
    if (typeof endpoint === "function") {
      app[method](path, (res, req) => serve(res, req, endpoint(req.getUrl()) ?? NOT_FOUND));
    } else {
      app[method](path, (res, req) => serve(res, req, endpoint));
    }
  }
  app.any("/*", (res, req) => serve(res, req, NOT_FOUND));
}

/** Makes the function that reads a request, lays its own behaviour over the one in force and answers. */
function server(deps: RouteDeps): (res: HttpResponse, req: HttpRequest, endpoint: Endpoint) => void {
  const cache = new ScriptCache();
  const { behaviours, replays, requireKey, trustBodies } = deps;
  return function serve(res, req, endpoint): void {
    const record = deps.recorder.keeps ? recordOf(req) : undefined;
    const asked = record === undefined ? askedBy(req) : patchFromHeaders(Object.entries(record.headers));
    const target = endpoint.needsTarget ? targetOf(req, record) : NO_TARGET;
    const checkKey =
      requireKey === undefined
        ? undefined
        : keyCheck(req, endpoint.wire(behaviours.standing), { requireKey, target });
    const exchange = new Exchange(res, record, deps);
    exchange.readBody((body) => {
      const keyError = checkKey?.(body);
      if (keyError !== undefined) {
        exchange.answer(refusalScript(keyError, endpoint.wire(behaviours.standing)));
        return;
      }
      const resolved = resolveBehaviour(behaviours.take(), asked);
      if (!resolved.ok) {
        exchange.answer(behaviourRefusal(resolved.problem, endpoint.wire(behaviours.standing)));
        return;
      }
      const options = { behaviour: resolved.behaviour, target, cache, replays, trustBodies };
      const { script, behaviour } = answerRequest(endpoint, body, options);
      exchange.answer(script, delayMs(behaviour, deps.random));
    });
  };
}

function delayMs(behaviour: MockBehaviour, random: () => number): number {
  const { latencyMs, jitterMs, slowMs, slowShare } = behaviour;
  const jitteredMs = jitterMs > 0 ? latencyMs + jitterMs * random() : latencyMs;
  return slowShare > 0 && random() < slowShare ? jitteredMs + slowMs : jitteredMs;
}

function askedBy(req: HttpRequest): ParsedPatch {
  const headers: [string, string][] = [];
  req.forEach((name, value) => {
    headers.push([name, value]);
  });
  return patchFromHeaders(headers);
}

function targetOf(req: HttpRequest, record: ReceivedRequest | undefined): Target {
  // Undefined, against the package's types, when the URL has no question mark.
  const query: string | undefined = req.getQuery();
  return {
    method: req.getCaseSensitiveMethod(),
    path: req.getUrl(),
    query: query ?? "",
    headers: (record ?? recordOf(req)).headers,
  };
}
