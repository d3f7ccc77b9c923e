import type { ReasoningParams, SamplingParams } from "@headrace/core/canonical/chat";
import type { JsonObject } from "@headrace/core/json-object";
import { planThinking, type ThinkingPlan } from "../../claude/thinking.ts";
import type { OwnSampling } from "./model-traits.ts";
import type { EncodeContext } from "./tool-plan.ts";

/** What a request says of sampling and thinking. */
export interface ModelFields {
  readonly inferenceConfig: JsonObject;
  /** `additionalModelRequestFields`. */
  readonly additional: JsonObject;
}

/** @param forced - a tool call is forced, beside which Claude takes no thinking */
export function planModelFields(context: EncodeContext, forced: boolean): ModelFields {
  for (const [field, standsForNothing] of NOT_ON_THIS_WIRE) {
    const value = context.request.sampling[field];
    if (value !== undefined && value !== standsForNothing) context.losses.field(field);
  }
  const { claude } = context;
  if (claude === null) return planPlain(context);
  const plan = planThinking(context.request, { traits: claude, forced, losses: context.losses });
  return planClaude(context, plan, claude.sampling);
}

/** With the values that mean the same as saying nothing. */
const NOT_ON_THIS_WIRE: readonly (readonly [keyof SamplingParams, unknown])[] = [
  ["choices", 1],
  ["logprobs", false],
  ["topLogprobs", 0],
];

const OWN_SAMPLING: readonly (readonly [OwnSampling, unknown])[] = [
  ["topK", undefined],
  ["seed", undefined],
  ["frequencyPenalty", 0],
  ["presencePenalty", 0],
];

function planPlain(context: EncodeContext): ModelFields {
  const { maxOutputTokens, topP } = context.request.sampling;
  return {
    inferenceConfig: {
      ...(maxOutputTokens === undefined ? {} : { maxTokens: maxOutputTokens }),
      ...writeTemperature(context),
      ...(topP === undefined ? {} : { topP }),
      ...writeStop(context),
    },
    additional: { ...writeOwnSampling(context, true), ...writeReasoning(context) },
  };
}

/**
 * Beside thinking, and on newer models always, Claude's sampling has to be the default, and only one of `temperature` and
 * `top_p` may be given (Anthropic API reference, "Messages").
 */
function planClaude(context: EncodeContext, plan: ThinkingPlan, samples: boolean): ModelFields {
  const { request, losses } = context;
  const { maxOutputTokens, temperature, topP } = request.sampling;
  const thinks = plan.thinking !== null && plan.thinking.type !== "disabled";
  const free = samples && !thinks;
  if (!free && temperature !== undefined && temperature !== 1) losses.field("temperature");
  const keepsTopP = free && topP !== undefined && temperature === undefined;
  if (!keepsTopP && topP !== undefined && topP !== 1) losses.field("topP");
  // Thinking must have room, so there it is said how much; else the model's own maximum stands.
  const maxTokens = thinks ? plan.maxTokens : maxOutputTokens;
  return {
    inferenceConfig: {
      ...(maxTokens === undefined ? {} : { maxTokens }),
      ...(free ? writeTemperature(context) : {}),
      ...(keepsTopP ? { topP } : {}),
      ...writeStop(context),
    },
    additional: {
      ...writeOwnSampling(context, free),
      ...(plan.thinking === null ? {} : { thinking: plan.thinking }),
      ...(plan.effort === null ? {} : { output_config: { effort: plan.effort } }),
    },
  };
}

/** Bedrock API reference, "InferenceConfiguration": it ends at 1, where other wires go to 2. */
function writeTemperature({ request, losses }: EncodeContext): JsonObject {
  const { temperature } = request.sampling;
  if (temperature === undefined) return {};
  if (temperature > 1) losses.field("temperature");
  return { temperature: Math.min(1, temperature) };
}

/** Stop texts without a visible character are refused. */
function writeStop({ request, losses }: EncodeContext): JsonObject {
  const asked = request.sampling.stop ?? [];
  const stop = asked.filter((text) => text.trim() !== "");
  if (stop.length < asked.length) losses.field("stop");
  return stop.length === 0 ? {} : { stopSequences: stop };
}

function writeOwnSampling({ request, traits, losses }: EncodeContext, isFree: boolean): JsonObject {
  let fields: JsonObject = {};
  for (const [field, standsForNothing] of OWN_SAMPLING) {
    const value = request.sampling[field];
    const write = isFree ? traits.sampling[field] : undefined;
    if (value === undefined || value === standsForNothing) continue;
    if (write === undefined) losses.field(field);
    else fields = { ...fields, ...write(value) };
  }
  return fields;
}

type ActiveEffort = "low" | "medium" | "high";

/** What other wires' words and budgets come to on a scale of three. */
function effortOf({ effort, budgetTokens }: ReasoningParams): ActiveEffort | "none" {
  if (effort === undefined) {
    if (budgetTokens === undefined) return "medium";
    if (budgetTokens === 0) return "none";
    return budgetTokens < 4096 ? "low" : budgetTokens < 16_384 ? "medium" : "high";
  }
  if (effort === "minimal") return "low";
  return effort === "xhigh" ? "high" : effort;
}

/** Of models that are not Claude. */
function writeReasoning({ request, traits, losses }: EncodeContext): JsonObject {
  const { reasoning, sampling } = request;
  if (reasoning === undefined) return {};
  const effort = effortOf(reasoning);
  switch (traits.reasoning) {
    case "nova": {
      if (effort === "none") return { reasoningConfig: { type: "disabled" } };
      const { maxOutputTokens, temperature, topP } = sampling;
      const limited = [maxOutputTokens, temperature, topP].some((value) => value !== undefined);
      // The highest effort is refused beside them (Nova user guide, "Reasoning").
      if (effort === "high" && limited) losses.field("reasoning");
      const maxReasoningEffort = effort === "high" && limited ? "medium" : effort;
      return { reasoningConfig: { type: "enabled", maxReasoningEffort } };
    }
    case "effort":
      // Thinking cannot be turned off there.
      if (effort === "none") losses.field("reasoning");
      return { reasoning_effort: effort === "none" ? "low" : effort };
    default:
      if (effort !== "none") losses.field("reasoning");
      return {};
  }
}
