/**
 * Replicate's models have inputs of their own, and language models of one owner nearly the same ones (Replicate, the
 * schema on each model's page). What is not in the table is what most of the open models have, Meta's first.
 */
import type { SamplingParams } from "@headrace/core/canonical/chat";

export interface InputNames {
  readonly system: string;
  /** Where pictures go; `several` for a list of them. */
  readonly images: { readonly name: string; readonly several: boolean };
  /** Fields of sampling that the model takes. */
  readonly sampling: Readonly<Partial<Record<keyof SamplingParams, string>>>;
  /** Null where the model is not asked how much to think. */
  readonly effort: string | null;
}

const OPEN_MODELS: InputNames = {
  system: "system_prompt",
  images: { name: "image", several: false },
  sampling: {
    maxOutputTokens: "max_tokens",
    temperature: "temperature",
    topP: "top_p",
    topK: "top_k",
    frequencyPenalty: "frequency_penalty",
    presencePenalty: "presence_penalty",
    seed: "seed",
    stop: "stop_sequences",
  },
  effort: null,
};

const BY_OWNER: ReadonlyMap<string, InputNames> = new Map([
  [
    "openai",
    {
      system: "system_prompt",
      images: { name: "image_input", several: true },
      sampling: {
        maxOutputTokens: "max_completion_tokens",
        temperature: "temperature",
        topP: "top_p",
        frequencyPenalty: "frequency_penalty",
        presencePenalty: "presence_penalty",
      },
      effort: "reasoning_effort",
    },
  ],
  [
    "anthropic",
    {
      system: "system_prompt",
      images: { name: "image", several: false },
      sampling: { maxOutputTokens: "max_tokens" },
      effort: null,
    },
  ],
  [
    "google",
    {
      system: "system_instruction",
      images: { name: "images", several: true },
      sampling: { maxOutputTokens: "max_output_tokens", temperature: "temperature", topP: "top_p" },
      effort: null,
    },
  ],
]);

/** @param model - as the config names it, see model-target.ts */
export function inputNames(model: string): InputNames {
  const [owner = ""] = model.replace(/^deployments\//, "").split("/");
  return BY_OWNER.get(owner) ?? OPEN_MODELS;
}
