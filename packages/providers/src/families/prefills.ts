/** How the models of several adapters go on with an answer that was begun. What is not here writes a new one. */
import type { Prefill } from "@headrace/core/provider-adapter";
import { claudeTraits } from "../claude/models.ts";

const all = (): boolean => true;

/** Anthropic documentation, "Prefill Claude's response"; later models refuse it. */
export const CLAUDE_PREFILL: Prefill = {
  models: "Claude up to 4.5",
  takes: (model) => /claude/.test(model) && claudeTraits(model).prefill,
};

/** A last turn of the model (Gemini API reference, "Content"); nothing is documented for Gemini 3 and later. */
export const GEMINI_PREFILL: Prefill = {
  models: "Gemini 1.5 to 2.5",
  takes: (model) => /^(models\/)?gemini-(1\.5|2\.)/.test(model),
};

/** Mistral AI documentation, "Prefix". The answer begins with what was given. */
export const MISTRAL_PREFIX: Prefill = {
  models: "all",
  takes: all,
  messageFields: { prefix: true },
  echoes: true,
};

/** vLLM, `ChatCompletionRequest`; SGLang has the same. */
export const CONTINUED_MESSAGE: Prefill = {
  models: "all",
  takes: all,
  bodyFields: { continue_final_message: true, add_generation_prompt: false },
};

/** Kimi API documentation, "Partial mode"; Model Studio documentation, "Partial mode". */
export const PARTIAL_MESSAGE: Prefill = {
  models: "all",
  takes: all,
  messageFields: { partial: true },
};

/** llama.cpp, tools/server/README.md, `--prefill-assistant`, which is on unless it is turned off. */
export const LAST_MESSAGE: Prefill = { models: "all", takes: all };

/** Groq documentation, "Assistant message prefilling". */
export const GROQ_LLAMA: Prefill = { models: "Llama", takes: (model) => /llama/i.test(model) };
