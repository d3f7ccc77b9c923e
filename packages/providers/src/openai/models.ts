/**
 * What OpenAI's models take, as far as a request has to be written differently for them: the API refuses what a model
 * does not know (400). A name that tells nothing, such as that of an Azure deployment, gets what every model takes.
 */
import type { ReasoningEffort, ReasoningParams } from "@headrace/core/canonical/chat";

export interface OpenAiModelTraits {
  /** It thinks, and gives its thoughts encrypted when asked. */
  readonly thinks: "yes" | "no" | "unknown";
  /** `temperature`, `top_p`, `top_logprobs` and the like are taken: always, never, or only where it does not think. */
  readonly sampling: "always" | "never" | "without-thinking";
  /** What it knows of `reasoning.effort`, and what stands for the others. */
  readonly efforts: Readonly<Record<ReasoningEffort, string>>;
  /** It knows explicit marks in its prompt cache. */
  readonly breakpoints: boolean;
}

type Efforts = OpenAiModelTraits["efforts"];

/** Each by its own name. */
export const ALL_EFFORTS: Efforts = {
  none: "none",
  minimal: "minimal",
  low: "low",
  medium: "medium",
  high: "high",
  xhigh: "xhigh",
};
const FROM_NONE_TO_XHIGH: Efforts = { ...ALL_EFFORTS, minimal: "low" };
const FROM_NONE_TO_HIGH: Efforts = { ...FROM_NONE_TO_XHIGH, xhigh: "high" };
const FROM_MINIMAL_TO_HIGH: Efforts = { ...ALL_EFFORTS, none: "minimal", xhigh: "high" };
const FROM_LOW_TO_HIGH: Efforts = { ...FROM_NONE_TO_HIGH, none: "low" };

const REASONING: OpenAiModelTraits = {
  thinks: "yes",
  sampling: "without-thinking",
  efforts: FROM_NONE_TO_XHIGH,
  breakpoints: false,
};

/**
 * The first match counts. Names may have a platform's prefix, `openai.gpt-oss-120b`. Sources: OpenAI's model pages and the
 * guides "Reasoning" and "Using GPT-5" up to GPT-5.6.
 */
const TRAITS: readonly (readonly [RegExp, OpenAiModelTraits])[] = [
  [
    /gpt-(?:3|4|5(?:\.\d+)?-chat)|chatgpt/,
    { thinks: "no", sampling: "always", efforts: ALL_EFFORTS, breakpoints: false },
  ],
  [/gpt-oss/, { ...REASONING, sampling: "always", efforts: FROM_LOW_TO_HIGH }],
  [/gpt-5\.1/, { ...REASONING, efforts: FROM_NONE_TO_HIGH }],
  [/gpt-5\.[2-5]/, REASONING],
  [/gpt-(?:5\.\d|[6-9])/, { ...REASONING, breakpoints: true }],
  [/gpt-5-codex|codex-mini/, { ...REASONING, sampling: "never", efforts: FROM_LOW_TO_HIGH }],
  [/gpt-5/, { ...REASONING, sampling: "never", efforts: FROM_MINIMAL_TO_HIGH }],
  [/(?:^|[^a-z0-9])o[1-9](?:$|[^0-9])/, { ...REASONING, sampling: "never", efforts: FROM_LOW_TO_HIGH }],
];

const UNKNOWN: OpenAiModelTraits = {
  thinks: "unknown",
  sampling: "always",
  efforts: ALL_EFFORTS,
  breakpoints: false,
};

export function openAiModelTraits(model: string): OpenAiModelTraits {
  return TRAITS.find(([pattern]) => pattern.test(model))?.[1] ?? UNKNOWN;
}

/** Whether a request that says this much of thinking may say how to sample. */
export function takesSampling(
  { sampling }: OpenAiModelTraits,
  reasoning: ReasoningParams | undefined,
): boolean {
  if (sampling === "without-thinking") return reasoning !== undefined && refusesThinking(reasoning);
  return sampling === "always";
}

export function refusesThinking({ effort, budgetTokens }: ReasoningParams): boolean {
  return effort === "none" || budgetTokens === 0;
}
