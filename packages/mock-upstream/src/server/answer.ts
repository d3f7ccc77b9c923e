import { invalidRequest } from "../answers/errors.ts";
import { modelById, modelList } from "../answers/models.ts";
import { isProblem, parseBody } from "../answers/request.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { patchFromObject } from "../behaviour/parse.ts";
import { resolveBehaviour } from "../behaviour/resolve.ts";
import { jsonScript, refusalScript } from "../wire/plain-script.ts";
import type { Script } from "../wire/script.ts";
import {
  compileAnswer,
  type EndpointName,
  overridingScript,
  problemScript,
  simpleScript,
} from "./compile.ts";
import type { ScriptCache } from "./script-cache.ts";
import { sniffGeneration } from "./sniff.ts";

/** The answer to a request and the behaviour that says when it begins. */
export interface Answer {
  readonly script: Script;
  readonly behaviour: MockBehaviour;
}

/** What answering a body takes besides the body. */
export interface AnswerOptions {
  /** The behaviour in force for this request, its headers included; `x_mock` in the body goes over it. */
  readonly behaviour: MockBehaviour;
  readonly cache: ScriptCache;
  /** Search big bodies instead of parsing them. */
  readonly trustBodies: boolean;
}

/** Below this many bytes parsing costs no more than the searches. */
const SNIFF_FROM_BYTES = 2_048;

/** Answers a request with a body. */
export function answerBody(endpoint: EndpointName, body: Buffer, options: AnswerOptions): Answer {
  const sniffed = options.trustBodies ? sniffedAnswer(endpoint, body, options) : undefined;
  if (sniffed !== undefined) return sniffed;
  const { behaviour: base } = options;
  const parsed = parseBody(body);
  if (isProblem(parsed)) {
    return { script: overridingScript(base) ?? problemScript(parsed), behaviour: base };
  }
  const resolved =
    parsed.x_mock === undefined
      ? { ok: true as const, behaviour: base }
      : resolveBehaviour(base, patchFromObject(parsed.x_mock));
  if (!resolved.ok) return { script: behaviourRefusal(resolved.problem), behaviour: base };
  const { behaviour } = resolved;
  const script = overridingScript(behaviour) ?? compileAnswer(endpoint, parsed, { ...options, behaviour });
  return { script, behaviour };
}

function sniffedAnswer(endpoint: EndpointName, body: Buffer, options: AnswerOptions): Answer | undefined {
  const { behaviour, cache } = options;
  if (endpoint === "embeddings" || behaviour.echo || body.length < SNIFF_FROM_BYTES) return undefined;
  const found = sniffGeneration(body);
  if (found === undefined) return undefined;
  const script = overridingScript(behaviour) ?? simpleScript({ endpoint, ...found }, behaviour, cache);
  return { script, behaviour };
}

/** Answers `GET /v1/models`, or `GET /v1/models/{id}` when an id is given. */
export function answerModels(id: string | undefined, behaviour: MockBehaviour): Script {
  const override = overridingScript(behaviour);
  if (override !== undefined) return override;
  const found = id === undefined ? modelList() : modelById(id);
  if (found !== undefined) return jsonScript(found, behaviour);
  return refusalScript(404, invalidRequest(`The model '${id}' does not exist`, "model", "model_not_found"));
}

/** The refusal of a behaviour that the mock does not know or cannot play. */
export function behaviourRefusal(problem: string): Script {
  return refusalScript(400, invalidRequest(problem, "x_mock", "invalid_mock_behaviour"));
}
