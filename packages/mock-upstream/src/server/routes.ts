import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { invalidRequest, type OpenAiError } from "../answers/errors.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { type ParsedPatch, patchFromHeaders } from "../behaviour/parse.ts";
import { resolveBehaviour } from "../behaviour/resolve.ts";
import { refusalScript } from "../wire/plain-script.ts";
import { type Answer, answerBody, answerModels, behaviourRefusal } from "./answer.ts";
import type { BehaviourSource } from "./behaviour-source.ts";
import type { EndpointName } from "./compile.ts";
import { Exchange, type ExchangeDeps, recordOf } from "./exchange.ts";
import { ScriptCache } from "./script-cache.ts";

/** What the routes of one mock share. */
export interface RouteDeps extends ExchangeDeps {
  readonly behaviours: BehaviourSource;
  readonly requireKey: string | undefined;
  readonly trustBodies: boolean;
  /** A number from 0 to 1 for the next jitter. */
  readonly random: () => number;
}

/** Gives the answer to a complete request under the behaviour in force. */
type Handler = (body: Buffer, behaviour: MockBehaviour) => Answer;

const POST_ROUTES: readonly (readonly [path: string, endpoint: EndpointName])[] = [
  ["/v1/chat/completions", "chat"],
  ["/v1/completions", "completions"],
  ["/v1/embeddings", "embeddings"],
];
const MODELS_PREFIX = "/v1/models/";

/** Registers the API of the fake provider. */
export function registerRoutes(app: TemplatedApp, deps: RouteDeps): void {
  const cache = new ScriptCache();
  const { trustBodies } = deps;
  const serve = server(deps);
  for (const [path, endpoint] of POST_ROUTES) {
    const handler: Handler = (body, behaviour) =>
      answerBody(endpoint, body, { behaviour, cache, trustBodies });
    app.post(path, (res, req) => serve(res, req, handler));
  }
  app.get("/v1/models", (res, req) => {
    serve(res, req, (_, behaviour) => ({ script: answerModels(undefined, behaviour), behaviour }));
  });
  app.get(`${MODELS_PREFIX}*`, (res, req) => {
    const id = decodeId(req.getUrl().slice(MODELS_PREFIX.length));
    serve(res, req, (_, behaviour) => ({ script: answerModels(id, behaviour), behaviour }));
  });
  app.any("/*", (res, req) => {
    const message = `Invalid URL (${req.getCaseSensitiveMethod()} ${req.getUrl()})`;
    const script = refusalScript(404, invalidRequest(message, null, null));
    serve(res, req, (_, behaviour) => ({ script, behaviour }));
  });
}

/** Makes the function that reads a request, lays its own behaviour over the one in force and answers. */
function server(deps: RouteDeps): (res: HttpResponse, req: HttpRequest, handler: Handler) => void {
  return function serve(res, req, handler): void {
    const record = deps.recorder.keeps ? recordOf(req) : undefined;
    const asked = record === undefined ? askedBy(req) : patchFromHeaders(Object.entries(record.headers));
    const keyError = deps.requireKey === undefined ? undefined : keyProblem(req, deps.requireKey);
    const exchange = new Exchange(res, record, deps);
    exchange.readBody((body) => {
      if (keyError !== undefined) {
        exchange.answer(refusalScript(401, keyError));
        return;
      }
      const resolved = resolveBehaviour(deps.behaviours.take(), asked);
      if (!resolved.ok) {
        exchange.answer(behaviourRefusal(resolved.problem));
        return;
      }
      const { script, behaviour } = handler(body, resolved.behaviour);
      exchange.answer(script, delayMs(behaviour, deps.random));
    });
  };
}

function delayMs({ latencyMs, jitterMs }: MockBehaviour, random: () => number): number {
  return jitterMs > 0 ? latencyMs + jitterMs * random() : latencyMs;
}

function askedBy(req: HttpRequest): ParsedPatch {
  const headers: [string, string][] = [];
  req.forEach((name, value) => {
    headers.push([name, value]);
  });
  return patchFromHeaders(headers);
}

function keyProblem(req: HttpRequest, requireKey: string): OpenAiError | undefined {
  const sent = req.getHeader("authorization");
  if (sent === `Bearer ${requireKey}`) return undefined;
  return sent === ""
    ? invalidRequest("You didn't provide an API key.", null, null)
    : invalidRequest("Incorrect API key provided.", null, "invalid_api_key");
}

function decodeId(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
