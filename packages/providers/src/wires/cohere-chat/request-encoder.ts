import type {
  ChatRequest,
  ReasoningEffort,
  ReasoningParams,
  SamplingParams,
} from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import type { EncodedRequest, EncodeTarget } from "@headrace/core/wire/chat-codec";
import { defined } from "../../json/read.ts";
import { loseCacheMarks } from "../../translation/cache-marks.ts";
import { Losses } from "../../translation/losses.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";
import { encodeMessages } from "./message-encoder.ts";
import { encodeTools } from "./tool-encoder.ts";

/** Cohere API reference, "Chat": what only Cohere has. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "documents",
  "citation_options",
  "safety_mode",
  "strict_tools",
  "thinking",
  "priority",
  "k",
  "p",
]);

/**
 * Writes a request of `POST /v2/chat`.
 *
 * @throws GatewayError `invalid_field` for media that Cohere cannot read
 */
export function encodeCohereRequest(request: ChatRequest, target: EncodeTarget): EncodedRequest {
  const losses = new Losses(request.wire);
  loseCacheMarks(request, losses);
  const body: JsonObject = {
    model: target.model,
    ...takeOwnFields(request.extra, OWN_FIELDS, losses),
    messages: encodeMessages(request, losses),
    ...encodeTools(request, losses),
    ...encodeThinking(request),
    ...encodeSampling(request.sampling, losses),
    stream: target.stream,
  };
  return { body, headers: [], lost: losses.paths };
}

/** Tokens that a lower effort is worth; a higher one leaves the model its own bound. */
const BUDGET_BY_EFFORT: Readonly<Record<ReasoningEffort, number | null>> = {
  none: 0,
  minimal: 512,
  low: 2048,
  medium: 8192,
  high: null,
  xhigh: null,
};
/** Share of the output that a budget worked out from an effort may take. */
const THINKING_SHARE = 0.75;

/** Cohere, "Reasoning Capabilities": its reasoning models think unless told not to, others refuse the field. */
function encodeThinking({ reasoning, sampling }: ChatRequest): JsonObject {
  if (reasoning === undefined) return {};
  const budget = budgetOf(reasoning, sampling.maxOutputTokens);
  if (budget === undefined) return {};
  if (budget === 0) return { thinking: { type: "disabled" } };
  return { thinking: { type: "enabled", ...(budget === null ? {} : { token_budget: budget }) } };
}

/** Undefined when the request does not say how much, null for no bound. */
function budgetOf(
  { effort, budgetTokens }: ReasoningParams,
  maxTokens = Infinity,
): number | null | undefined {
  if (budgetTokens !== undefined || effort === undefined) return budgetTokens;
  const budget = BUDGET_BY_EFFORT[effort];
  return budget === null || budget === 0 ? budget : Math.min(budget, Math.ceil(maxTokens * THINKING_SHARE));
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** Cohere API reference, "Chat". Sampling from all tokens is a `p` of 1 elsewhere. */
const P_BOUNDS: Bounds = { min: 0.01, max: 0.99 };
const K_BOUNDS: Bounds = { min: 0, max: 500 };
const PENALTY_BOUNDS: Bounds = { min: 0, max: 1 };
const MAX_STOPS = 5;

/** With the values that mean the same as saying nothing. */
const NOT_ON_THIS_WIRE: readonly (readonly [keyof SamplingParams, unknown])[] = [
  ["choices", 1],
  ["parallelToolCalls", true],
  ["topLogprobs", 0],
];

function encodeSampling(sampling: SamplingParams, losses: Losses): JsonObject {
  for (const [field, isDefault] of NOT_ON_THIS_WIRE) {
    const value = sampling[field];
    if (value !== undefined && value !== isDefault) losses.field(field);
  }
  const bounded = (field: "topK" | "frequencyPenalty" | "presencePenalty", bounds: Bounds) => {
    const value = sampling[field];
    const taken = clamp(value, bounds);
    if (taken !== value) losses.field(field);
    return taken;
  };
  const stop = sampling.stop ?? [];
  if (stop.length > MAX_STOPS) losses.field("stop");
  return defined({
    max_tokens: sampling.maxOutputTokens,
    temperature: sampling.temperature,
    p: clamp(sampling.topP, P_BOUNDS),
    k: bounded("topK", K_BOUNDS),
    frequency_penalty: bounded("frequencyPenalty", PENALTY_BOUNDS),
    presence_penalty: bounded("presencePenalty", PENALTY_BOUNDS),
    seed: sampling.seed,
    stop_sequences: stop.length === 0 ? undefined : stop.slice(0, MAX_STOPS),
    logprobs: sampling.logprobs === true ? true : undefined,
  });
}

function clamp(value: number | undefined, { min, max }: Bounds): number | undefined {
  return value === undefined ? undefined : Math.min(max, Math.max(min, value));
}
