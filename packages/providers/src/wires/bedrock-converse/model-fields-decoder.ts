/** What clients say in `additionalModelRequestFields`, which every vendor's models have names of their own for. */
import type { ReasoningEffort, ReasoningParams, SamplingParams } from "@headrace/core/canonical/chat";
import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { countOf, defined, extraOf, numberOf, objectOf, textOf } from "../../json/read.ts";

export interface DecodedModelFields {
  readonly sampling: Pick<SamplingParams, "topK" | "seed" | "frequencyPenalty" | "presencePenalty">;
  readonly reasoning: ReasoningParams | undefined;
  /** The fields that only the model itself knows. */
  readonly others: ExtraFields;
}

const KNOWN: ReadonlySet<string> = new Set([
  ...["thinking", "reasoning_config", "reasoningConfig", "reasoning_effort", "output_config"],
  ...["top_k", "topK", "k", "seed", "frequency_penalty", "presence_penalty", "inferenceConfig"],
]);
const NOVA_CONFIG_FIELDS: ReadonlySet<string> = new Set(["topK"]);
const OUTPUT_CONFIG_FIELDS: ReadonlySet<string> = new Set(["effort"]);

const EFFORTS: ReadonlyMap<string, ReasoningEffort> = new Map<string, ReasoningEffort>([
  ["none", "none"],
  ["minimal", "minimal"],
  ["low", "low"],
  ["medium", "medium"],
  ["high", "high"],
  ["xhigh", "xhigh"],
  ["max", "xhigh"],
]);

/**
 * Sources: Anthropic API reference, "Messages" (Claude); Nova user guide, "Reasoning", "Using the Converse API"; Cohere
 * API reference, "Chat" (Command R).
 *
 * @param effort - `outputConfig.effort`, which all models share
 */
export function decodeModelFields(fields: JsonObject, effort: string | undefined): DecodedModelFields {
  const nova = objectOf(fields, "inferenceConfig") ?? {};
  const output = objectOf(fields, "output_config") ?? {};
  return {
    sampling: defined({
      topK:
        numberOf(fields, "top_k") ??
        numberOf(fields, "topK") ??
        numberOf(fields, "k") ??
        numberOf(nova, "topK"),
      seed: numberOf(fields, "seed"),
      frequencyPenalty: numberOf(fields, "frequency_penalty"),
      presencePenalty: numberOf(fields, "presence_penalty"),
    }),
    reasoning: readReasoning(fields, effort ?? textOf(output, "effort")),
    others: {
      ...extraOf(fields, KNOWN),
      ...rest("inferenceConfig", extraOf(nova, NOVA_CONFIG_FIELDS)),
      ...rest("output_config", extraOf(output, OUTPUT_CONFIG_FIELDS)),
    },
  };
}

function rest(name: string, extra: ExtraFields): ExtraFields {
  return Object.keys(extra).length === 0 ? {} : { [name]: extra };
}

function readReasoning(fields: JsonObject, named: string | undefined): ReasoningParams | undefined {
  const nova = objectOf(fields, "reasoningConfig");
  const word = named ?? textOf(fields, "reasoning_effort") ?? textOf(nova ?? {}, "maxReasoningEffort");
  const effort = EFFORTS.get(word ?? "");
  // The second is what Claude 3.7's guide called it.
  const thinking = objectOf(fields, "thinking") ?? objectOf(fields, "reasoning_config") ?? nova;
  if (thinking === undefined) return effort === undefined ? undefined : { effort };
  if (textOf(thinking, "type") === "disabled") return { effort: "none" };
  return {
    ...defined({ effort, budgetTokens: countOf(thinking, "budget_tokens") }),
    show: textOf(thinking, "display") !== "omitted",
  };
}
