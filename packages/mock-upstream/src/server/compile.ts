import { chatAnswer, chatEvents, type PlainAnswer, type StreamEvent } from "../answers/chat.ts";
import { completionAnswer, completionEvents } from "../answers/completions.ts";
import { embeddingAnswer } from "../answers/embeddings.ts";
import { invalidRequest } from "../answers/errors.ts";
import {
  type GenerationRequest,
  isProblem,
  type JsonObject,
  type RequestProblem,
  readChat,
  readCompletion,
} from "../answers/request.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { errorScript, isErrorBehaviour, jsonScript, refusalScript } from "../wire/plain-script.ts";
import type { Script } from "../wire/script.ts";
import { streamScript } from "../wire/stream-script.ts";
import type { ScriptCache, ScriptKey } from "./script-cache.ts";

/** An endpoint that generates text, plain or streamed. */
interface GenerationEndpoint {
  readonly read: (body: JsonObject) => GenerationRequest | RequestProblem;
  readonly plain: (request: GenerationRequest, behaviour: MockBehaviour) => PlainAnswer;
  readonly events: (request: GenerationRequest, behaviour: MockBehaviour) => StreamEvent[];
}

/** Names of the endpoints that take a body. */
export type EndpointName = "chat" | "completions" | "embeddings";

const GENERATION: Readonly<Record<"chat" | "completions", GenerationEndpoint>> = {
  chat: { read: readChat, plain: chatAnswer, events: chatEvents },
  completions: { read: readCompletion, plain: completionAnswer, events: completionEvents },
};

/** An answer that sends nothing at all: silence, or a closed socket. */
const SILENCE: Script = {
  status: undefined,
  headers: [],
  framing: "length",
  declaredBytes: 0,
  steps: [],
  ending: "stall",
  generationMs: 0,
};
const HANG_UP: Script = { ...SILENCE, ending: "cut" };

/** The script that a behaviour demands whatever was asked, if it does. */
export function overridingScript(behaviour: MockBehaviour): Script | undefined {
  if (behaviour.neverAnswer) return SILENCE;
  if (behaviour.cutBeforeHeaders) return HANG_UP;
  return isErrorBehaviour(behaviour) ? errorScript(behaviour) : undefined;
}

/** The script that answers a parsed body. */
export function compileAnswer(
  endpoint: EndpointName,
  body: JsonObject,
  options: { readonly behaviour: MockBehaviour; readonly cache: ScriptCache },
): Script {
  const { behaviour, cache } = options;
  if (endpoint === "embeddings") {
    const answer = embeddingAnswer(body, behaviour);
    return typeof answer === "string" ? jsonScript(answer, behaviour) : problemScript(answer);
  }
  const request = GENERATION[endpoint].read(body);
  if (isProblem(request)) return problemScript(request);
  if (!isSimple(request, behaviour)) return compileGeneration(endpoint, request, behaviour);
  const { stream, includeUsage, model } = request;
  return simpleScript({ endpoint, stream, includeUsage, model }, behaviour, cache);
}

/** The script for a request about which only the key matters, compiled once for each key. */
export function simpleScript(key: ScriptKey, behaviour: MockBehaviour, cache: ScriptCache): Script {
  return cache.get(behaviour, key, () =>
    compileGeneration(key.endpoint, { ...NOTHING_ELSE, ...key }, behaviour),
  );
}

const NOTHING_ELSE: Omit<GenerationRequest, "stream" | "includeUsage" | "model"> = {
  choices: 1,
  maxTokens: undefined,
  tools: [],
  parallelTools: true,
  jsonSchema: undefined,
  userText: "",
};

/** The script that answers a generation request. */
function compileGeneration(
  endpoint: "chat" | "completions",
  request: GenerationRequest,
  behaviour: MockBehaviour,
): Script {
  if (request.stream) return streamScript(GENERATION[endpoint].events(request, behaviour), behaviour);
  const { body, completionTokens } = GENERATION[endpoint].plain(request, behaviour);
  const speed = behaviour.tokensPerSecond;
  return jsonScript(body, behaviour, speed > 0 ? (completionTokens * 1_000) / speed : 0);
}

/** A request about which only model, stream and include_usage matter has one answer, whatever else it says. */
function isSimple(request: GenerationRequest, behaviour: MockBehaviour): boolean {
  return (
    request.choices === 1 &&
    request.maxTokens === undefined &&
    request.tools.length === 0 &&
    request.jsonSchema === undefined &&
    !behaviour.echo
  );
}

/** The refusal of a request that OpenAI would refuse. */
export function problemScript({ message, param, code }: RequestProblem): Script {
  return refusalScript(400, invalidRequest(message, param, code));
}
