import type { HttpRequest, HttpResponse, TemplatedApp } from "uWebSockets.js";
import { invalidRequest, type OpenAiError } from "../answers/errors.ts";
import { modelById, modelList } from "../answers/models.ts";
import { isProblem, parseBody } from "../answers/request.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { applyPatches, type ParsedPatch, patchFromHeaders, patchFromObject } from "../behaviour/parse.ts";
import { jsonScript, refusalScript } from "../wire/plain-script.ts";
import type { Script } from "../wire/script.ts";
import type { BehaviourSource } from "./behaviour-source.ts";
import { compileAnswer, type EndpointName, overridingScript, problemScript } from "./compile.ts";
import { Exchange, type ExchangeDeps, recordOf } from "./exchange.ts";
import { ScriptCache } from "./script-cache.ts";

/** What the routes of one mock share. */
export interface RouteDeps extends ExchangeDeps {
  readonly behaviours: BehaviourSource;
  readonly requireKey: string | undefined;
  /** A number from 0 to 1 for the next jitter. */
  readonly random: () => number;
}

/** What a handler gives for a request: the answer and the behaviour that says when it begins. */
interface Answer {
  readonly script: Script;
  readonly behaviour: MockBehaviour;
}

const POST_ROUTES: readonly (readonly [path: string, endpoint: EndpointName])[] = [
  ["/v1/chat/completions", "chat"],
  ["/v1/completions", "completions"],
  ["/v1/embeddings", "embeddings"],
];

/** Registers the API of the fake provider. */
export function registerRoutes(app: TemplatedApp, deps: RouteDeps): void {
  const cache = new ScriptCache();
  const serve = server(deps);
  for (const [path, endpoint] of POST_ROUTES) {
    app.post(path, (res, req) =>
      serve(res, req, (body, behaviour) => answerBody(endpoint, body, { behaviour, cache })),
    );
  }
  app.get("/v1/models", (res, req) =>
    serve(res, req, (_, behaviour) => ({ script: jsonScript(modelList(), behaviour), behaviour })),
  );
  app.get("/v1/models/*", (res, req) => {
    const id = decodeURIComponent(req.getUrl().slice("/v1/models/".length));
    serve(res, req, (_, behaviour) => ({ script: modelScript(id, behaviour), behaviour }));
  });
  app.any("/*", (res, req) => {
    const message = `Invalid URL (${req.getCaseSensitiveMethod()} ${req.getUrl()})`;
    const script = refusalScript(404, invalidRequest(message, null, null));
    serve(res, req, (_, behaviour) => ({ script, behaviour }));
  });
}

/** Gives the answer to a complete request under the behaviour in force. */
type Handler = (body: Buffer, behaviour: MockBehaviour) => Answer;

/** Makes the function that reads a request, lays its own behaviour over the one in force and answers. */
function server(deps: RouteDeps): (res: HttpResponse, req: HttpRequest, handler: Handler) => void {
  return function serve(res, req, handler): void {
    const record = deps.recorder.keeps ? recordOf(req) : undefined;
    const asked =
      record === undefined ? askedByHeaders(req) : patchFromHeaders(Object.entries(record.headers));
    const keyError = deps.requireKey === undefined ? undefined : keyProblem(req, deps.requireKey);
    const exchange = new Exchange(res, record, deps);
    exchange.readBody((body) => {
      if (keyError !== undefined) {
        exchange.answer(refusalScript(401, keyError));
      } else if (!asked.ok) {
        exchange.answer(behaviourRefusal(asked));
      } else {
        const { script, behaviour } = handler(body, applyPatches(deps.behaviours.take(), asked.patch));
        exchange.answer(script, delayMs(behaviour, deps.random));
      }
    });
  };
}

function answerBody(
  endpoint: EndpointName,
  body: Buffer,
  options: { readonly behaviour: MockBehaviour; readonly cache: ScriptCache },
): Answer {
  const parsed = parseBody(body);
  if (isProblem(parsed)) {
    return {
      script: overridingScript(options.behaviour) ?? problemScript(parsed),
      behaviour: options.behaviour,
    };
  }
  let { behaviour } = options;
  const own = parsed.x_mock;
  if (own !== undefined) {
    const asked = patchFromObject(own);
    if (!asked.ok) return { script: behaviourRefusal(asked), behaviour };
    behaviour = applyPatches(behaviour, asked.patch);
  }
  const script = overridingScript(behaviour) ?? compileAnswer(endpoint, parsed, { ...options, behaviour });
  return { script, behaviour };
}

function modelScript(id: string, behaviour: MockBehaviour): Script {
  const override = overridingScript(behaviour);
  if (override !== undefined) return override;
  const found = modelById(id);
  if (found !== undefined) return jsonScript(found, behaviour);
  return refusalScript(404, invalidRequest(`The model '${id}' does not exist`, "model", "model_not_found"));
}

function delayMs(behaviour: MockBehaviour, random: () => number): number {
  const { latencyMs, jitterMs } = behaviour;
  return jitterMs > 0 ? latencyMs + jitterMs * random() : latencyMs;
}

function askedByHeaders(req: HttpRequest): ParsedPatch {
  const headers: [string, string][] = [];
  req.forEach((name, value) => {
    headers.push([name, value]);
  });
  return patchFromHeaders(headers);
}

function behaviourRefusal(asked: Extract<ParsedPatch, { ok: false }>): Script {
  return refusalScript(400, invalidRequest(asked.problem, "x_mock", "invalid_mock_behaviour"));
}

function keyProblem(req: HttpRequest, requireKey: string): OpenAiError | undefined {
  const sent = req.getHeader("authorization");
  if (sent === `Bearer ${requireKey}`) return undefined;
  return sent === ""
    ? invalidRequest("You didn't provide an API key.", null, null)
    : invalidRequest("Incorrect API key provided.", null, "invalid_api_key");
}
