import type { MockBehaviour } from "../../behaviour/fields.ts";
import { answerId, CREATED_SECONDS, toolCallId } from "../answer-id.ts";
import type { TokenCounts } from "../token-counts.ts";
import { openAiPlaces, openAiUsage, type StreamUsage } from "./usage.ts";

/** What a vendor of the OpenAI wire does in its own way. */
export interface ChatFlavour {
  /** What every chunk and every plain answer carries besides the object, the model and the choices. */
  readonly extras: object;
  /** More members of the first chunk that has a choice. */
  readonly firstExtras: object;
  /** A chunk before the one with the role. */
  readonly leadingChunk: object | undefined;
  readonly roleDelta: (callsTools: boolean) => object;
  /** Members of every later delta that has a text, a reasoning or a call. */
  readonly deltaExtras: object;
  /** Members of every choice of a stream. */
  readonly choiceExtras: object;
  /** Whether `finish_reason` stands as null on the choices before the last. */
  readonly nullFinish: boolean;
  readonly finishDelta: object;
  readonly reasoningDelta: (piece: string) => object;
  /** Members of a plain answer's message. */
  readonly message: (text: string | null, reasoning: string) => object;
  readonly toolId: (number: number) => string;
  /** Arguments in pieces, a call in one chunk, or all calls in the chunk that ends the answer. */
  readonly toolCalls: "pieces" | "whole" | "in-finish-event";
  /** Members of a streamed call besides its id and function. */
  readonly callExtras: (index: number) => object;
  /** JSON of arguments that have no member. */
  readonly noArguments: string;
  readonly usage: (counts: TokenCounts) => object;
  readonly places: (includeUsage: boolean) => StreamUsage;
  /** Usage so far on every chunk. */
  readonly usageOnEveryChunk: boolean;
  /** Members that an event with usage has besides it. */
  readonly besideUsage: (usage: object) => object;
  /** The last chunk's `object`. */
  readonly lastObject: string;
}

const CHUNK = "chat.completion.chunk";
const ALWAYS_IN_FINISH: StreamUsage = { nullElsewhere: false, inFinishEvent: true, inExtraEvent: false };
const FILTERED_NOTHING = Object.fromEntries(
  ["hate", "self_harm", "sexual", "violence"].map((kind) => [kind, { filtered: false, severity: "safe" }]),
);
const PROMPT_FILTER = [{ prompt_index: 0, content_filter_results: FILTERED_NOTHING }];
const GROQ_ID = "req_mock00000000000000000000";
const CITATIONS = ["https://example.com/headrace", "https://example.org/mill"];

const OPENAI: ChatFlavour = {
  extras: { service_tier: "default", system_fingerprint: "fp_headrace_mock" },
  firstExtras: {},
  leadingChunk: undefined,
  roleDelta: (callsTools) => ({ role: "assistant", content: callsTools ? null : "", refusal: null }),
  deltaExtras: {},
  choiceExtras: { logprobs: null },
  nullFinish: true,
  finishDelta: {},
  reasoningDelta: (piece) => ({ reasoning_content: piece }),
  message: (text, reasoning) => ({
    role: "assistant",
    content: text,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
  }),
  toolId: (number) => toolCallId("call_mock", number, 20),
  toolCalls: "pieces",
  callExtras: (index) => ({ index, type: "function" }),
  noArguments: "{}",
  usage: openAiUsage,
  places: openAiPlaces,
  usageOnEveryChunk: false,
  besideUsage: () => ({}),
  lastObject: CHUNK,
};

const shortRole = (callsTools: boolean): object => ({ role: "assistant", content: callsTools ? null : "" });

/** Mistral: thinking as parts of the content, calls without index or type, all in the last chunk with the usage. */
const MISTRAL: ChatFlavour = {
  ...OPENAI,
  extras: {},
  roleDelta: () => ({ role: "assistant", content: "" }),
  finishDelta: { content: "" },
  reasoningDelta: (piece) => ({ content: [thinkingPart(piece)] }),
  message: (text, reasoning) => ({
    role: "assistant",
    tool_calls: null,
    content: reasoning === "" ? text : [thinkingPart(reasoning), { type: "text", text: text ?? "" }],
  }),
  toolId: (number) => toolCallId("mock", number, 5),
  toolCalls: "in-finish-event",
  callExtras: () => ({}),
  usage: ({ prompt, cached, completion }) => ({
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    ...(cached > 0 ? { num_cached_tokens: cached, prompt_tokens_details: { cached_tokens: cached } } : {}),
  }),
  places: () => ALWAYS_IN_FINISH,
};

/** Groq: `reasoning`, whole calls, and usage twice in one event. */
const GROQ: ChatFlavour = {
  ...OPENAI,
  extras: { system_fingerprint: "fp_headrace_mock" },
  firstExtras: { x_groq: { id: GROQ_ID, seed: 1 } },
  roleDelta: shortRole,
  reasoningDelta: (piece) => ({ reasoning: piece }),
  message: (text, reasoning) => ({
    role: "assistant",
    ...(text === null ? {} : { content: text }),
    ...(reasoning === "" ? {} : { reasoning }),
  }),
  toolId: (number) => toolCallId("mock", number, 5),
  toolCalls: "whole",
  usage: ({ prompt, cached, completion, reasoning }) => ({
    queue_time: 0.04,
    prompt_tokens: prompt,
    prompt_time: 0.004,
    completion_tokens: completion,
    completion_time: 0.05,
    total_tokens: prompt + completion,
    total_time: 0.054,
    ...(cached > 0 ? { prompt_tokens_details: { cached_tokens: cached } } : {}),
    ...(reasoning > 0 ? { completion_tokens_details: { reasoning_tokens: reasoning } } : {}),
  }),
  places: () => ALWAYS_IN_FINISH,
  besideUsage: (usage) => ({ x_groq: { id: GROQ_ID, usage } }),
};

/** DeepSeek: `reasoning_content` with a null content, cache hits and misses in the usage of the finish event. */
const DEEPSEEK: ChatFlavour = {
  ...OPENAI,
  extras: { system_fingerprint: "fp_headrace_mock" },
  roleDelta: shortRole,
  finishDelta: { content: "", reasoning_content: null },
  reasoningDelta: (piece) => ({ content: null, reasoning_content: piece }),
  toolId: (number) => toolCallId("call_00_mock", number, 20),
  usage: ({ prompt, cached, completion, reasoning }) => ({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
    ...(reasoning > 0 ? { completion_tokens_details: { reasoning_tokens: reasoning } } : {}),
    prompt_cache_hit_tokens: cached,
    prompt_cache_miss_tokens: prompt - cached,
  }),
  places: () => ({ ...ALWAYS_IN_FINISH, nullElsewhere: true }),
};

/** Azure: a first chunk of filter results without choices, and results on every choice. */
const AZURE: ChatFlavour = {
  ...OPENAI,
  leadingChunk: {
    id: "",
    object: "",
    created: 0,
    model: "",
    choices: [],
    prompt_filter_results: PROMPT_FILTER,
  },
  choiceExtras: { logprobs: null, content_filter_results: FILTERED_NOTHING },
  deltaExtras: {},
};

/** vLLM: usage only when asked, on every chunk if asked so, and no arguments as an empty text. */
const VLLM: ChatFlavour = {
  ...OPENAI,
  extras: {},
  roleDelta: () => ({ role: "assistant", content: "" }),
  toolId: (number) => toolCallId("chatcmpl-tool-mock", number, 20),
  noArguments: "",
  usage: ({ prompt, cached, completion }) => ({
    prompt_tokens: prompt,
    total_tokens: prompt + completion,
    completion_tokens: completion,
    prompt_tokens_details: cached > 0 ? { cached_tokens: cached } : null,
  }),
};

/** xAI: completion tokens without the reasoning, whole calls, no finish_reason before the last chunk. */
const XAI: ChatFlavour = {
  ...OPENAI,
  extras: { system_fingerprint: "fp_headrace_mock" },
  roleDelta: () => ({ role: "assistant", content: "" }),
  choiceExtras: {},
  nullFinish: false,
  toolId: (number) => toolCallId("call_", number, 8),
  toolCalls: "whole",
  usage: ({ prompt, cached, visible, reasoning }) => ({
    prompt_tokens: prompt,
    completion_tokens: visible,
    total_tokens: prompt + visible + reasoning,
    prompt_tokens_details: { text_tokens: prompt, audio_tokens: 0, image_tokens: 0, cached_tokens: cached },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
    num_sources_used: 0,
  }),
  places: () => ({ nullElsewhere: false, inFinishEvent: false, inExtraEvent: true }),
};

/** Perplexity: the role in every delta, usage so far and citations on every chunk, another object on the last. */
const PERPLEXITY: ChatFlavour = {
  ...OPENAI,
  extras: { citations: CITATIONS },
  roleDelta: () => ({ role: "assistant", content: "" }),
  deltaExtras: { role: "assistant" },
  choiceExtras: {},
  nullFinish: false,
  finishDelta: { role: "assistant", content: "" },
  usage: ({ prompt, completion }) => ({
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
  }),
  places: () => ALWAYS_IN_FINISH,
  usageOnEveryChunk: true,
  lastObject: "chat.completion.done",
};

/** Every flavour of the OpenAI wire, each as its recorded answers show it. */
export const CHAT_FLAVOURS: Readonly<Record<MockBehaviour["flavour"], ChatFlavour>> = {
  openai: OPENAI,
  mistral: MISTRAL,
  groq: GROQ,
  deepseek: DEEPSEEK,
  azure: AZURE,
  vllm: VLLM,
  xai: XAI,
  perplexity: PERPLEXITY,
};

/** The members that every chunk and plain answer of one request begins with. */
export function answerHead(object: string, model: string): object {
  return { id: answerId("chatcmpl-", model), object, created: CREATED_SECONDS, model };
}

function thinkingPart(text: string): object {
  return { type: "thinking", thinking: [{ type: "text", text }] };
}
