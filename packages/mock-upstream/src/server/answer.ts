import type { BytesCall, DirectAnswer, Endpoint, Target, Wire } from "../answers/contract.ts";
import { BARE_REQUEST } from "../answers/generation.ts";
import { isJsonObject, type JsonObject } from "../answers/json.ts";
import { Refusal } from "../answers/refusal.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { patchFromObject } from "../behaviour/parse.ts";
import { type Resolved, resolveBehaviour } from "../behaviour/resolve.ts";
import { bytesScript, jsonScript, refusalScript } from "../wire/plain-script.ts";
import type { Script } from "../wire/script.ts";
import {
  behaviourRefusal,
  compileGeneration,
  compileStream,
  overridingScript,
  simpleScript,
} from "./compile.ts";
import type { Replays } from "./replay.ts";
import type { ScriptCache } from "./script-cache.ts";
import { sniffGeneration } from "./sniff.ts";

/** The answer to a request and the behaviour that says when it begins. */
export interface Answer {
  readonly script: Script;
  readonly behaviour: MockBehaviour;
}

/** What answering takes besides the body. */
export interface AnswerOptions {
  /** The behaviour in force for this request, its headers included; `x_mock` in the body goes over it. */
  readonly behaviour: MockBehaviour;
  readonly target: Target;
  readonly cache: ScriptCache;
  readonly replays: Replays;
  /** Search big bodies instead of parsing them. */
  readonly trustBodies: boolean;
}

/** Below this many bytes parsing costs no more than the searches. */
const SNIFF_FROM_BYTES = 2_048;

/** Answers a complete request. */
export function answerRequest(endpoint: Endpoint, body: Buffer, options: AnswerOptions): Answer {
  const { behaviour: base } = options;
  if (endpoint.kind === "bytes") return answerBytes(endpoint, body, options);
  const sniffed = options.trustBodies ? sniffedAnswer(endpoint, body, options) : undefined;
  if (sniffed !== undefined) return sniffed;
  const parsed = parseObject(body);
  if (parsed === undefined) {
    const wire = endpoint.wire(base);
    return { script: overridingScript(base, wire) ?? refusalScript(wire.notJson, wire), behaviour: base };
  }
  const resolved = withAsked(base, parsed.x_mock);
  if (!resolved.ok)
    return { script: behaviourRefusal(resolved.problem, endpoint.wire(base)), behaviour: base };
  const { behaviour } = resolved;
  return { script: answerJson(endpoint, parsed, { ...options, behaviour }), behaviour };
}

function answerBytes(
  endpoint: Extract<Endpoint, { kind: "bytes" }>,
  bytes: Buffer,
  { behaviour: base, target }: AnswerOptions,
): Answer {
  const call: BytesCall = { bytes, behaviour: base, target };
  const resolved = withAsked(base, endpoint.asked?.(call));
  if (!resolved.ok)
    return { script: behaviourRefusal(resolved.problem, endpoint.wire(base)), behaviour: base };
  const { behaviour } = resolved;
  const wire = endpoint.wire(behaviour);
  const override = overridingScript(behaviour, wire);
  const script = override ?? directScript(endpoint.answer({ ...call, behaviour }), behaviour, wire);
  return { script, behaviour };
}

/** The behaviour in force with what a body asks for laid over it. */
function withAsked(base: MockBehaviour, asked: unknown): Resolved {
  return asked === undefined ? { ok: true, behaviour: base } : resolveBehaviour(base, patchFromObject(asked));
}

function answerJson(
  endpoint: Exclude<Endpoint, { kind: "bytes" }>,
  body: JsonObject,
  options: AnswerOptions,
): Script {
  const { behaviour, target } = options;
  const wire = endpoint.wire(behaviour);
  const override = overridingScript(behaviour, wire);
  if (override !== undefined) return override;
  const call = { body, behaviour, target };
  if (endpoint.kind === "json") return directScript(endpoint.answer(call), behaviour, wire);
  const request = endpoint.read(call);
  if (request instanceof Refusal) return refusalScript(request.error, wire);
  return compileGeneration(endpoint, request, options);
}

function directScript(answer: DirectAnswer | Refusal, behaviour: MockBehaviour, wire: Wire): Script {
  if (answer instanceof Refusal) return refusalScript(answer.error, wire);
  if ("events" in answer) return compileStream(answer, behaviour, wire);
  if ("bytes" in answer) return bytesScript(answer.bytes, answer.contentType, behaviour);
  return jsonScript(answer.body, behaviour);
}

function sniffedAnswer(endpoint: Endpoint, body: Buffer, options: AnswerOptions): Answer | undefined {
  const { behaviour, cache } = options;
  if (endpoint.kind !== "generation" || endpoint.needsTarget || body.length < SNIFF_FROM_BYTES)
    return undefined;
  if (behaviour.echo || behaviour.flavour !== "openai" || behaviour.replay !== "") return undefined;
  const found = sniffGeneration(body);
  if (found === undefined) return undefined;
  const wire = endpoint.wire(behaviour);
  const script =
    overridingScript(behaviour, wire) ??
    simpleScript(endpoint, { ...BARE_REQUEST, ...found }, { behaviour, cache });
  return { script, behaviour };
}

/** Parses a body; undefined when it is not a JSON object. */
function parseObject(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
