import type { FinishReason } from "@headrace/core/canonical/chat";

/**
 * OpenAI API reference, "The chat completion object", and what others have added. An error is one of the provider's own
 * in the middle of the answer.
 */
const FINISH_BY_REASON: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ["stop", "stop"],
  ["length", "length"],
  ["tool_calls", "tool-calls"],
  ["function_call", "tool-calls"],
  ["content_filter", "content-filter"],
  ["model_length", "length"], // Mistral
  ["error", "error"], // Mistral, OpenRouter
  ["insufficient_system_resource", "error"], // DeepSeek
  ["network_error", "error"], // Zhipu
  ["sensitive", "content-filter"], // Zhipu
  ["model_context_window_exceeded", "length"], // Zhipu
  ["max_tokens", "length"], // MiniMax
  ["max_output", "length"], // MiniMax
  ["eos", "stop"], // Together, Cloudflare
  ["eos_token", "stop"], // TGI
  ["stop_sequence", "stop"], // TGI
  ["end_turn", "stop"], // Databricks
  ["abort", "error"], // vLLM, SGLang
]);

/**
 * What ended a choice. Servers say "stop" of an answer that is calls, mostly of forced ones, and some say that there are
 * calls where there are none.
 *
 * @param calls - of tools, in the choice
 */
export function finishFromOpenAi(reason: string, calls: number): FinishReason {
  const finish = FINISH_BY_REASON.get(reason) ?? "other";
  if (finish === "stop" && calls > 0) return "tool-calls";
  return finish === "tool-calls" && calls === 0 ? "stop" : finish;
}
