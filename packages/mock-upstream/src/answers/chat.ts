import type { MockBehaviour } from "../behaviour/fields.ts";
import type { GenerationRequest, OfferedTool } from "./request.ts";
import { sampleOf } from "./schema-sample.ts";
import { answerPieces, wordPieces } from "./text.ts";
import { streamUsage, usageOf, type WireUsage } from "./usage.ts";

/** `created` of every answer, so that two runs give the same bytes. */
export const CREATED_SECONDS = 1_750_000_000;
const FINGERPRINT = "fp_headrace_mock";
const ARGUMENT_PIECE_CHARACTERS = 8;

/** One event of a stream before it is encoded. */
export interface StreamEvent {
  readonly data: string;
  /** Tokens generated before this event: its place in time at a given speed. */
  readonly afterTokens: number;
}

interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What the model "said": the same for a plain and a streamed answer. */
interface Generation {
  readonly reasoning: readonly string[];
  readonly pieces: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  readonly finishReason: string | null;
  readonly completionTokens: number;
}

/** A plain answer and the tokens it took. */
export interface PlainAnswer {
  readonly body: string;
  readonly completionTokens: number;
}

/** Body of a plain chat completion. */
export function chatAnswer(request: GenerationRequest, behaviour: MockBehaviour): PlainAnswer {
  const said = generate(request, behaviour);
  const message = {
    role: "assistant",
    content: said.toolCalls.length > 0 ? null : said.pieces.join(""),
    ...(said.reasoning.length > 0 ? { reasoning_content: said.reasoning.join("") } : {}),
    ...(said.toolCalls.length > 0 ? { tool_calls: said.toolCalls.map(wireToolCall) } : {}),
    refusal: null,
    annotations: [],
  };
  const body = {
    id: answerId("chatcmpl", request.model),
    object: "chat.completion",
    created: CREATED_SECONDS,
    model: request.model,
    choices: Array.from({ length: request.choices }, (_, index) => ({
      index,
      message,
      logprobs: null,
      finish_reason: said.finishReason,
    })),
    ...(behaviour.usage === "off"
      ? {}
      : { usage: usageOf(behaviour, said.completionTokens * request.choices) }),
    service_tier: "default",
    system_fingerprint: FINGERPRINT,
  };
  return { body: JSON.stringify(body), completionTokens: said.completionTokens };
}

/** Events of a streamed chat completion, `[DONE]` included. */
export function chatEvents(request: GenerationRequest, behaviour: MockBehaviour): StreamEvent[] {
  const said = generate(request, behaviour);
  const usage = usageOf(behaviour, said.completionTokens * request.choices);
  const places = streamUsage(behaviour.usage, request.includeUsage);
  const chunk = chunkEncoder(request.model, places.nullElsewhere ? { usage: null } : {});
  const events: StreamEvent[] = [];
  let tokens = 0;
  const push = (delta: object, ending: { finish: string; usage?: WireUsage } | undefined): void => {
    const extra = ending?.usage === undefined ? {} : { usage: ending.usage };
    for (let index = 0; index < request.choices; index += 1) {
      const choice = { index, delta, logprobs: null, finish_reason: ending?.finish ?? null };
      events.push({ data: chunk([choice], extra), afterTokens: tokens });
    }
  };
  const pushToken = (delta: object): void => {
    push(delta, undefined);
    tokens += 1;
  };
  push({ role: "assistant", content: said.toolCalls.length > 0 ? null : "", refusal: null }, undefined);
  for (const piece of said.reasoning) pushToken({ reasoning_content: piece });
  if (said.toolCalls.length === 0) for (const piece of said.pieces) pushToken({ content: piece });
  for (const delta of toolDeltas(said.toolCalls, behaviour.interleaveToolCalls)) pushToken(delta);
  if (said.finishReason !== null) {
    push({}, { finish: said.finishReason, ...(places.inFinishEvent ? { usage } : {}) });
  }
  if (places.inExtraEvent) events.push({ data: chunk([], { usage }), afterTokens: tokens });
  if (behaviour.done) events.push({ data: "[DONE]", afterTokens: tokens });
  return events;
}

/** The same answer id for the same model, in every run. */
export function answerId(prefix: string, model: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < model.length; index += 1) {
    hash = Math.imul(hash ^ model.charCodeAt(index), 0x01000193);
  }
  return `${prefix}-mock${(hash >>> 0).toString(16).padStart(8, "0")}`;
}

/** What ends a text answer: a limit on tokens that was reached shows as `length`. */
export function finishReasonOf(behaviour: MockBehaviour, natural: string): string | null {
  if (behaviour.finishReason === "none") return null;
  return behaviour.finishReason === "auto" ? natural : behaviour.finishReason;
}

function generate(request: GenerationRequest, behaviour: MockBehaviour): Generation {
  const reasoning = wordPieces(behaviour, behaviour.reasoningTokens);
  const toolCalls = makeToolCalls(request, behaviour);
  const all =
    request.jsonSchema === undefined ? answerPieces(behaviour, request.userText) : jsonPieces(request);
  const room = request.maxTokens ?? Number.POSITIVE_INFINITY;
  const pieces = toolCalls.length > 0 || all.length <= room ? all : all.slice(0, room);
  const natural = toolCalls.length > 0 ? "tool_calls" : pieces.length < all.length ? "length" : "stop";
  const spoken = toolCalls.length > 0 ? toolDeltas(toolCalls, false).length : pieces.length;
  return {
    reasoning,
    pieces,
    toolCalls,
    finishReason: finishReasonOf(behaviour, natural),
    completionTokens: reasoning.length + spoken,
  };
}

function jsonPieces(request: GenerationRequest): string[] {
  const value = request.jsonSchema === true ? { answer: "mock" } : sampleOf(request.jsonSchema);
  return cutEvery(JSON.stringify(value), ARGUMENT_PIECE_CHARACTERS);
}

function makeToolCalls(request: GenerationRequest, behaviour: MockBehaviour): ToolCall[] {
  const { tools } = request;
  if (tools.length === 0) return [];
  const count = request.parallelTools ? behaviour.toolCalls : Math.min(1, behaviour.toolCalls);
  const calls: ToolCall[] = [];
  for (let index = 0; index < count; index += 1) {
    const tool: OfferedTool | undefined = tools[index % tools.length];
    if (tool === undefined) break;
    const id = `call_mock${String(index).padStart(20, "0")}`;
    calls.push({ id, name: tool.name, arguments: JSON.stringify(sampleOf(tool.parameters)) });
  }
  return calls;
}

function wireToolCall(call: ToolCall): object {
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } };
}

/** Deltas of the calls as OpenAI sends them: id and name once, then the arguments in pieces. */
function toolDeltas(calls: readonly ToolCall[], interleave: boolean): object[] {
  const lanes = calls.map((call, index) => [
    { tool_calls: [{ index, id: call.id, type: "function", function: { name: call.name, arguments: "" } }] },
    ...cutEvery(call.arguments, ARGUMENT_PIECE_CHARACTERS).map((piece) => ({
      tool_calls: [{ index, function: { arguments: piece } }],
    })),
  ]);
  if (!interleave) return lanes.flat();
  const longest = Math.max(0, ...lanes.map((lane) => lane.length));
  return Array.from({ length: longest }, (_, turn) => lanes.flatMap((lane) => lane[turn] ?? [])).flat();
}

function cutEvery(text: string, characters: number): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; start += characters)
    pieces.push(text.slice(start, start + characters));
  return pieces;
}

function chunkEncoder(
  model: string,
  always: { readonly usage?: null },
): (choices: readonly object[], extra: { readonly usage?: WireUsage }) => string {
  const head = {
    id: answerId("chatcmpl", model),
    object: "chat.completion.chunk",
    created: CREATED_SECONDS,
    model,
    service_tier: "default",
    system_fingerprint: FINGERPRINT,
  };
  return (choices, extra) => JSON.stringify({ ...head, choices, ...always, ...extra });
}
