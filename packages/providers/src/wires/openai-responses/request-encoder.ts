import { createHash } from "node:crypto";
import type {
  ChatRequest,
  ReasoningParams,
  ResponseFormat,
  SamplingParams,
} from "@headrace/core/canonical/chat";
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest, EncodeTarget } from "@headrace/core/wire/chat-codec";
import type { ChatWireId } from "@headrace/core/wire/wire-id";
import { listOf, objectOf, textOf } from "../../json/read.ts";
import {
  type OpenAiModelTraits,
  openAiModelTraits,
  refusesThinking,
  takesSampling,
} from "../../openai/models.ts";
import { loseCacheMarks } from "../../translation/cache-marks.ts";
import { Losses } from "../../translation/losses.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";
import { REASONING_INCLUDE } from "./call-facts.ts";
import { encodeInput } from "./input-encoder.ts";
import { encodeToolChoice, encodeTools } from "./tools-encoder.ts";

/** The API refuses less: "Expected a value >= 16". */
const MIN_OUTPUT_TOKENS = 16;
/** API reference, `safety_identifier`. */
const MAX_USER_ID_CHARS = 64;

/**
 * Writes a request (OpenAI API reference, "Create a model response"). Nothing is left with the provider: an answer that the
 * client asked for on another wire, or whose id is the gateway's own, could not be found there again. So thinking is asked
 * for in the form in which it can be given back.
 */
export function encodeOpenAiResponsesRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const losses = new Losses(request.wire);
  const traits = openAiModelTraits(target.model);
  const sameWire = request.wire === "openai-responses";
  const style = { breakpoints: sameWire || traits.breakpoints };
  if (!style.breakpoints) loseCacheMarks(request, losses);
  const { instructions, items } = encodeInput(request, style, losses);
  const tools = encodeTools(request, losses);
  const { top, text, reasoning, include } = sortExtra(request, losses);
  const asked = encodeReasoning(request.reasoning, traits, losses);
  const format = encodeFormat(request.responseFormat);
  const textMembers = { ...text, ...(format === null ? {} : { format }) };
  const reasoningMembers = { ...reasoning, ...asked };
  const includes = [...include, ...wantedIncludes(request, traits)];
  const body: JsonObject = {
    ...top,
    model: target.model,
    ...(instructions === null ? {} : { instructions }),
    input: items,
    ...(tools.length === 0 ? {} : { tools, ...encodeToolChoice(request) }),
    ...(Object.keys(textMembers).length === 0 ? {} : { text: textMembers }),
    ...(Object.keys(reasoningMembers).length === 0 ? {} : { reasoning: reasoningMembers }),
    ...encodeSampling(request, { traits, losses, callsTools: tools.length > 0 }),
    ...(includes.length === 0 ? {} : { include: [...new Set(includes)] }),
    store: false,
    ...(target.stream ? { stream: true } : {}),
  };
  return { body, headers: [], lost: losses.paths };
}

/** Asked of a model that does not think, the encrypted content is refused; where that is unknown, the client may know. */
function wantedIncludes(
  { reasoning, sampling }: ChatRequest,
  { thinks }: OpenAiModelTraits,
): readonly string[] {
  const isAsked = reasoning !== undefined && !refusesThinking(reasoning);
  return [
    ...(thinks === "yes" || (thinks === "unknown" && isAsked) ? [REASONING_INCLUDE] : []),
    ...(sampling.logprobs === true ? ["message.output_text.logprobs"] : []),
  ];
}

/** Tokens below which a budget means little, and some, effort. */
const LOW_BUDGET_TOKENS = 4096;
const MEDIUM_BUDGET_TOKENS = 16_384;

function encodeReasoning(
  reasoning: ReasoningParams | undefined,
  traits: OpenAiModelTraits,
  losses: Losses,
): JsonObject {
  if (reasoning === undefined) return {};
  const { budgetTokens, show } = reasoning;
  const effort = refusesThinking(reasoning) ? "none" : (reasoning.effort ?? effortOf(budgetTokens));
  if (traits.thinks === "no" && effort !== "none") losses.field("reasoning");
  if (traits.thinks === "no" || (traits.thinks === "unknown" && effort === "none")) return {};
  return {
    ...(effort === null ? {} : { effort: traits.efforts[effort] }),
    ...(show === true && effort !== "none" ? { summary: "auto" } : {}),
  };
}

function effortOf(budgetTokens: number | undefined): "low" | "medium" | "high" | null {
  if (budgetTokens === undefined) return null;
  if (budgetTokens <= LOW_BUDGET_TOKENS) return "low";
  return budgetTokens <= MEDIUM_BUDGET_TOKENS ? "medium" : "high";
}

function encodeFormat(format: ResponseFormat | undefined): JsonObject | null {
  if (format === undefined) return null;
  if (format.type === "text") return { type: "text" };
  if (format.type !== "json-schema") return { type: "json_object" };
  const { name, description, schema, strict } = format;
  return {
    type: "json_schema",
    name: name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "answer",
    ...(description === undefined ? {} : { description }),
    schema,
    strict: strict ?? false,
  };
}

interface SamplingContext {
  readonly traits: OpenAiModelTraits;
  readonly losses: Losses;
  readonly callsTools: boolean;
}

function encodeSampling(
  { sampling, reasoning }: ChatRequest,
  { traits, losses, callsTools }: SamplingContext,
): JsonObject {
  const { maxOutputTokens, temperature, topP, topLogprobs, parallelToolCalls } = sampling;
  const free = takesSampling(traits, reasoning);
  if (!free) {
    if (temperature !== undefined && temperature !== 1) losses.field("temperature");
    if (topP !== undefined && topP !== 1) losses.field("topP");
    if (topLogprobs !== undefined && topLogprobs !== 0) losses.field("topLogprobs");
  }
  if (maxOutputTokens !== undefined && maxOutputTokens < MIN_OUTPUT_TOKENS) losses.field("maxOutputTokens");
  for (const [field, isDefault] of NOT_ON_THIS_WIRE) {
    const value = sampling[field];
    if (value !== undefined && value !== isDefault) losses.field(field);
  }
  return {
    ...(maxOutputTokens === undefined
      ? {}
      : { max_output_tokens: Math.max(MIN_OUTPUT_TOKENS, maxOutputTokens) }),
    ...(free && temperature !== undefined ? { temperature } : {}),
    ...(free && topP !== undefined ? { top_p: topP } : {}),
    ...(free && topLogprobs !== undefined ? { top_logprobs: topLogprobs } : {}),
    ...(parallelToolCalls !== undefined && callsTools ? { parallel_tool_calls: parallelToolCalls } : {}),
  };
}

/** With the values that mean the same as saying nothing. */
const NOT_ON_THIS_WIRE: readonly (readonly [keyof SamplingParams, unknown])[] = [
  ["topK", undefined],
  ["frequencyPenalty", 0],
  ["presencePenalty", 0],
  ["seed", undefined],
  ["choices", 1],
  ["stop", undefined],
];

/** Further fields of a request, by where they go in the body. */
interface SortedExtra {
  readonly top: JsonObject;
  readonly text: JsonObject;
  readonly reasoning: JsonObject;
  readonly include: readonly string[];
}

/** Fields that OpenAI's other wires have by the same name. */
const OPENAI_FIELDS: ReadonlySet<string> = new Set([
  "user",
  "safety_identifier",
  "metadata",
  "moderation",
  "service_tier",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
]);
const OPENAI_WIRES: ReadonlySet<ChatWireId> = new Set<ChatWireId>(["openai-chat", "openai-completions"]);

function sortExtra({ wire, extra }: ChatRequest, losses: Losses): SortedExtra {
  if (wire === "openai-responses") return sortOwnExtra(extra);
  if (!OPENAI_WIRES.has(wire)) {
    const { metadata, ...others } = extra;
    const userId = userIdOf(metadata);
    const top = userId === undefined ? {} : { safety_identifier: shortUserId(userId) };
    return { top: { ...top, ...takeOwnFields(others, NO_FIELDS, losses) }, ...NOTHING_FURTHER };
  }
  const { verbosity, ...others } = extra;
  const top = takeOwnFields(others, OPENAI_FIELDS, losses);
  return { ...NOTHING_FURTHER, top, text: verbosity === undefined ? {} : { verbosity } };
}

const NO_FIELDS: ReadonlySet<string> = new Set();
const NOTHING_FURTHER: Omit<SortedExtra, "top"> = { text: {}, reasoning: {}, include: [] };

/** The user's id of Anthropic's wire. */
function userIdOf(metadata: unknown): string | undefined {
  return textOf(objectOf({ metadata }, "metadata") ?? {}, "user_id");
}

/** OpenAI itself asks for a digest rather than a name. */
function shortUserId(id: string): string {
  return id.length <= MAX_USER_ID_CHARS ? id : createHash("sha256").update(id).digest("hex");
}

/** Members of members came with their path as name. */
function sortOwnExtra(extra: ExtraFields): SortedExtra {
  const top: Record<string, unknown> = {};
  const text: Record<string, unknown> = {};
  const reasoning: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(extra)) {
    if (name === "store" || name === "include") continue;
    if (name.startsWith("text.")) text[name.slice("text.".length)] = value;
    else if (name.startsWith("reasoning.")) reasoning[name.slice("reasoning.".length)] = value;
    else top[name] = value;
  }
  const include = (listOf(extra, "include") ?? []).filter((name) => typeof name === "string");
  return { top, text, reasoning, include };
}
