/**
 * What models behind Converse take. The API is one, but it refuses (400) what a model does not know, so a gateway that
 * speaks for other wires' clients has to know it.
 */

import type { JsonObject } from "@headrace/core/json-object";

export interface ModelTraits {
  /** How thinking is asked for, in `additionalModelRequestFields`. */
  readonly reasoning: "claude" | "nova" | "effort" | "none";
  /** Longest life of what a cache point marks. */
  readonly cache: "none" | "5m" | "1h";
  /** What `toolChoice` may demand besides `auto`. */
  readonly choices: readonly ("any" | "tool")[];
  /** `outputConfig.textFormat` and `strict` tools. */
  readonly nativeJson: boolean;
  /** What `inferenceConfig` does not have and `additionalModelRequestFields` may. */
  readonly sampling: Readonly<Partial<Record<OwnSampling, (value: number) => JsonObject>>>;
}

export type OwnSampling = "topK" | "seed" | "frequencyPenalty" | "presencePenalty";

const PLAIN: ModelTraits = {
  reasoning: "none",
  cache: "none",
  choices: ["any", "tool"],
  nativeJson: false,
  sampling: {},
};

const CLAUDE: ModelTraits = {
  ...PLAIN,
  reasoning: "claude",
  cache: "1h",
  sampling: { topK: (top_k) => ({ top_k }) },
};

const NOVA: ModelTraits = {
  ...PLAIN,
  cache: "5m",
  sampling: { topK: (topK) => ({ inferenceConfig: { topK } }) },
};

const OPEN_WEIGHTS: ModelTraits = { ...PLAIN, nativeJson: true };

const ONLY_AUTO: ModelTraits = { ...PLAIN, choices: [] };

/**
 * The first match counts; names may stand in an inference profile (`eu.anthropic.claude-…`) or an ARN. Sources: Bedrock
 * user guide, "Prompt caching", "Structured output", "Inference parameters", API reference, "ToolChoice"; Nova user guide,
 * "Using the Converse API".
 */
const TRAITS: readonly (readonly [RegExp, ModelTraits])[] = [
  [/\banthropic\.claude/, CLAUDE],
  [/\bamazon\.nova-2/, { ...NOVA, reasoning: "nova" }],
  [/\bamazon\.nova/, NOVA],
  [/\bopenai\.gpt-oss/, { ...OPEN_WEIGHTS, choices: [], reasoning: "effort" }],
  [/\bmistral\.(mistral-large|pixtral)/, { ...PLAIN, choices: ["any"] }],
  [/\b(mistral|qwen|google|nvidia|minimax|moonshot|moonshotai)\./, OPEN_WEIGHTS],
  [/\bdeepseek\.v/, OPEN_WEIGHTS],
  [
    /\bcohere\.command-r/,
    {
      ...ONLY_AUTO,
      sampling: {
        topK: (k) => ({ k }),
        seed: (seed) => ({ seed }),
        frequencyPenalty: (frequency_penalty) => ({ frequency_penalty }),
        presencePenalty: (presence_penalty) => ({ presence_penalty }),
      },
    },
  ],
  [/\b(meta|ai21|cohere|deepseek|writer)\./, ONLY_AUTO],
];

/** Of a model that is not known, nothing is held back: the provider will say what it refuses. */
export function modelTraits(model: string): ModelTraits {
  return TRAITS.find(([pattern]) => pattern.test(model))?.[1] ?? PLAIN;
}
