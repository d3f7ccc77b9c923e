import type { GenerationEndpoint, StreamedAnswer, Wire } from "../answers/contract.ts";
import { callsTools, type GenerationRequest } from "../answers/generation.ts";
import type { StreamEvent } from "../answers/stream-event.ts";
import type { MockBehaviour } from "../behaviour/fields.ts";
import { errorScript, isErrorBehaviour, jsonScript, refusalScript } from "../wire/plain-script.ts";
import type { Script } from "../wire/script.ts";
import { streamScript } from "../wire/stream-script.ts";
import { type Replays, replayed } from "./replay.ts";
import type { ScriptCache, ScriptKey } from "./script-cache.ts";

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

/** Where the text of an event that has some begins, on any wire. */
const TEXT_START = /"(?:content|text|delta)":"(?!")/;

/** What a script is compiled under. */
export interface CompileOptions {
  readonly behaviour: MockBehaviour;
  readonly cache: ScriptCache;
}

/** The script that a behaviour demands whatever was asked, if it does. */
export function overridingScript(behaviour: MockBehaviour, wire: Wire): Script | undefined {
  if (behaviour.neverAnswer) return SILENCE;
  if (behaviour.cutBeforeHeaders) return HANG_UP;
  return isErrorBehaviour(behaviour) ? errorScript(behaviour, wire) : undefined;
}

/** The script that answers a request for text. */
export function compileGeneration(
  endpoint: GenerationEndpoint,
  request: GenerationRequest,
  options: CompileOptions & { readonly replays: Replays },
): Script {
  const { behaviour, replays } = options;
  if (behaviour.replay !== "") {
    const answer = replayed(endpoint, request, { behaviour, replays });
    const wire = endpoint.wire(behaviour);
    if ("problem" in answer) return behaviourRefusal(answer.problem, wire);
    return "plain" in answer ? jsonScript(answer.plain, behaviour) : compileStream(answer, behaviour, wire);
  }
  return isSimple(request, behaviour)
    ? simpleScript(endpoint, request, options)
    : generated(endpoint, request, behaviour);
}

/** The script for a request about which only the key matters, compiled once for each key. */
export function simpleScript(
  endpoint: GenerationEndpoint,
  request: GenerationRequest,
  { behaviour, cache }: CompileOptions,
): Script {
  const { stream, includeUsage, model, variant } = request;
  const key: ScriptKey = { endpoint: endpoint.name, stream, includeUsage, model, variant };
  return cache.get(behaviour, key, () => generated(endpoint, request, behaviour));
}

/** The script of a stream, or the refusal of a framing that it cannot have. */
export function compileStream(answer: StreamedAnswer, behaviour: MockBehaviour, wire: Wire): Script {
  if (behaviour.framing === "close" && !answer.format.closeDelimited) {
    return behaviourRefusal("framing close goes with server-sent events only", wire);
  }
  return streamScript(answer, behaviour, wire);
}

/** The refusal of a behaviour that the mock does not know or cannot play. */
export function behaviourRefusal(message: string, wire: Wire): Script {
  return refusalScript({ status: 400, message, param: "x_mock", code: "invalid_mock_behaviour" }, wire);
}

function generated(
  endpoint: GenerationEndpoint,
  request: GenerationRequest,
  behaviour: MockBehaviour,
): Script {
  if (request.stream) {
    const answer = { events: eventsOf(endpoint, request, behaviour), format: endpoint.format(request) };
    return compileStream(answer, behaviour, endpoint.wire(behaviour));
  }
  const { body, completionTokens } = endpoint.plain(request, behaviour);
  const speed = behaviour.tokensPerSecond;
  return jsonScript(body, behaviour, speed > 0 ? (completionTokens * 1_000) / speed : 0);
}

/** The events of an answer; where a big one is wanted, its text is longer from the first, so that all of them agree. */
function eventsOf(
  endpoint: GenerationEndpoint,
  request: GenerationRequest,
  behaviour: MockBehaviour,
): readonly StreamEvent[] {
  const events = endpoint.events(request, behaviour);
  const first = behaviour.bigEventBytes === 0 ? undefined : events.find(({ data }) => TEXT_START.test(data));
  const paddingBytes = first === undefined ? 0 : behaviour.bigEventBytes - Buffer.byteLength(first.data);
  return paddingBytes > 0 ? endpoint.events({ ...request, paddingBytes }, behaviour) : events;
}

/** A request about which only its key matters has one answer, whatever else it says. */
function isSimple(request: GenerationRequest, behaviour: MockBehaviour): boolean {
  return (
    request.choices === 1 &&
    (request.maxTokens === undefined || request.maxTokens >= behaviour.chunks) &&
    !callsTools(request, behaviour) &&
    request.jsonSchema === undefined &&
    !behaviour.echo
  );
}
