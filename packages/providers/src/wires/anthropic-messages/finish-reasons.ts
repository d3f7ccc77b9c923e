import type { FinishReason } from "@headrace/core/canonical/chat";

/** Anthropic API reference, "Messages", `stop_reason`; `compaction` is of the context management beta. */
const FINISH_BY_STOP_REASON: ReadonlyMap<string, FinishReason> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["pause_turn", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["refusal", "content-filter"],
  ["compaction", "other"],
]);

const STOP_REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "refusal",
  // The wire has no word for a failure; this one at least says that the answer is not whole.
  error: "max_tokens",
  other: "end_turn",
};

/** Anthropic may add reasons at any time; one that is not known is "other". */
export function finishFromAnthropic(stopReason: string): FinishReason {
  return FINISH_BY_STOP_REASON.get(stopReason) ?? "other";
}

/** @param stopSequence - the stop text that ended the answer, where it is known */
export function finishToAnthropic(reason: FinishReason, stopSequence: string | undefined): string {
  return reason === "stop" && stopSequence !== undefined ? "stop_sequence" : STOP_REASONS[reason];
}
