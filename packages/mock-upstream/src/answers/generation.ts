import type { MockBehaviour } from "../behaviour/fields.ts";
import type { JsonObject } from "./json.ts";
import { sampleOf } from "./schema-sample.ts";
import { answerPieces, cutEvery, wordPieces } from "./text.ts";

/** A tool that a request offers. */
export interface OfferedTool {
  readonly name: string;
  /** JSON Schema of the arguments, as sent. */
  readonly parameters: unknown;
}

/** What the mock needs to know of a request for text, whatever wire it came on. */
export interface GenerationRequest {
  readonly model: string;
  readonly stream: boolean;
  /** Usage in a stream was asked for, on wires where it has to be. */
  readonly includeUsage: boolean;
  readonly choices: number;
  readonly maxTokens: number | undefined;
  /** Tools that the answer may call. */
  readonly tools: readonly OfferedTool[];
  readonly parallelTools: boolean;
  /** Rounds of tool results since the user last spoke. */
  readonly toolRounds: number;
  /** Schema of a JSON answer; `true` for any object, undefined for text. */
  readonly jsonSchema: unknown;
  readonly userText: string;
  /** The form of the answer where the wire has several; part of what a compiled answer is kept under. */
  readonly variant: string;
  /** Dots before the first word of the text, for an event of a wanted size. */
  readonly paddingBytes?: number;
  /** The request's body, on wires whose answers repeat parts of it. */
  readonly body?: JsonObject;
}

/** A request about which nothing but its model, its stream and its form matters. */
export const BARE_REQUEST: Omit<GenerationRequest, "model" | "stream"> = {
  includeUsage: false,
  choices: 1,
  maxTokens: undefined,
  tools: [],
  parallelTools: true,
  toolRounds: 0,
  jsonSchema: undefined,
  userText: "",
  variant: "",
};

/** A tool call as the model makes it, before a wire gives it an id. */
export interface ToolCall {
  /** Counts the calls of one conversation, so that ids made from it differ between its rounds. */
  readonly number: number;
  /** Place among the calls of this answer. */
  readonly index: number;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** JSON of the arguments in the pieces that a stream sends. */
  readonly pieces: readonly string[];
}

/** Why an answer ends, in words of no wire. */
export type Finish = "stop" | "length" | "tool_calls" | "content_filter";

/** What the model "said": the same for a plain and a streamed answer, on every wire. */
export interface Generation {
  readonly reasoning: readonly string[];
  /** The answer's text, or what is said before tools are called. */
  readonly pieces: readonly string[];
  readonly toolCalls: readonly ToolCall[];
  /** Null when the answer never says it. */
  readonly finish: Finish | null;
  /** Reasoning, text and calls together. */
  readonly completionTokens: number;
}

/** Part of a tool call that stands in an event of its own. */
export type ToolStep =
  | { readonly kind: "start"; readonly call: ToolCall }
  | { readonly kind: "end"; readonly call: ToolCall }
  | { readonly kind: "arguments"; readonly call: ToolCall; readonly piece: string };

const ARGUMENT_PIECE_CHARACTERS = 8;
const CALLS_A_ROUND = 1_000;
/** Words thought before an answer that has to be signed, when no number is asked for. */
const SIGNED_REASONING_TOKENS = 4;

/** Makes the answer to a request. `mustReason` makes it think at least a little, so that there is something to sign. */
export function generate(
  request: GenerationRequest,
  behaviour: MockBehaviour,
  mustReason: boolean = false,
): Generation {
  const reasoning = wordPieces(behaviour, reasoningTokensOf(behaviour, mustReason));
  const toolCalls = makeToolCalls(request, behaviour);
  const calls = toolCalls.length > 0;
  const all = calls ? wordPieces(behaviour, behaviour.textBeforeTools) : answerPiecesOf(request, behaviour);
  const pieces = padded(calls ? all : all.slice(0, request.maxTokens ?? all.length), request);
  const natural = calls ? "tool_calls" : pieces.length < all.length ? "length" : "stop";
  const callTokens = toolCalls.reduce((sum, call) => sum + 1 + call.pieces.length, 0);
  return {
    reasoning,
    pieces,
    toolCalls,
    finish: finishOf(behaviour, natural),
    completionTokens: reasoning.length + pieces.length + callTokens,
  };
}

/** Pieces of text with the padding that the request asks for. */
export function padded(
  pieces: readonly string[],
  { paddingBytes = 0 }: GenerationRequest,
): readonly string[] {
  const [first, ...rest] = pieces;
  return first === undefined || paddingBytes === 0 ? pieces : [".".repeat(paddingBytes) + first, ...rest];
}

/** Tokens of reasoning that an answer begins with. */
function reasoningTokensOf(behaviour: MockBehaviour, mustReason: boolean): number {
  const { reasoningTokens } = behaviour;
  return mustReason && reasoningTokens === 0 ? SIGNED_REASONING_TOKENS : reasoningTokens;
}

/** What ends an answer: the behaviour's word, or what came about by itself. */
export function finishOf(behaviour: MockBehaviour, natural: Finish): Finish | null {
  if (behaviour.finishReason === "none") return null;
  return behaviour.finishReason === "auto" ? natural : behaviour.finishReason;
}

/** The wire's word for a finish; the behaviour can name any other. */
export function finishWord(
  finish: Finish,
  words: Readonly<Record<Finish, string>>,
  behaviour: MockBehaviour,
): string {
  return behaviour.finishWord || words[finish];
}

/** Whether the answer to a request calls tools. */
export function callsTools(request: GenerationRequest, behaviour: MockBehaviour): boolean {
  return request.tools.length > 0 && request.toolRounds < behaviour.toolRounds;
}

/** The events of tool calls in order: one call after the other, or in turns. */
export function toolSteps(calls: readonly ToolCall[], interleave: boolean): ToolStep[] {
  const lanes = calls.map((call): ToolStep[] => [
    { kind: "start", call },
    ...call.pieces.map((piece): ToolStep => ({ kind: "arguments", call, piece })),
    { kind: "end", call },
  ]);
  if (!interleave) return lanes.flat();
  const longest = Math.max(0, ...lanes.map((lane) => lane.length));
  return Array.from({ length: longest }, (_, turn) => lanes.flatMap((lane) => lane[turn] ?? [])).flat();
}

function answerPiecesOf(request: GenerationRequest, behaviour: MockBehaviour): string[] {
  if (request.jsonSchema === undefined) return answerPieces(behaviour, request.userText);
  const value = request.jsonSchema === true ? { answer: "mock" } : sampleOf(request.jsonSchema);
  return cutEvery(JSON.stringify(value), ARGUMENT_PIECE_CHARACTERS);
}

function makeToolCalls(request: GenerationRequest, behaviour: MockBehaviour): ToolCall[] {
  if (!callsTools(request, behaviour)) return [];
  const { tools, toolRounds } = request;
  const count = request.parallelTools ? behaviour.toolCalls : Math.min(1, behaviour.toolCalls);
  return Array.from({ length: count }, (_, index) => {
    const tool = tools[index % tools.length];
    const value = sampleOf(tool?.parameters);
    const args = typeof value === "object" && value !== null ? { ...value } : {};
    return {
      number: toolRounds * CALLS_A_ROUND + index,
      index,
      name: tool?.name ?? "",
      arguments: args,
      pieces: cutEvery(JSON.stringify(args), ARGUMENT_PIECE_CHARACTERS),
    };
  });
}
