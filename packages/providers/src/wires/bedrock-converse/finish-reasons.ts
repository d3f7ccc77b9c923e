import type { FinishReason } from "@headrace/core/canonical/chat";

/** Bedrock API reference, "Converse", `stopReason`. */
const FINISH_BY_STOP_REASON: ReadonlyMap<string, FinishReason> = new Map([
  ["end_turn", "stop"],
  ["stop_sequence", "stop"],
  ["max_tokens", "length"],
  ["model_context_window_exceeded", "length"],
  ["tool_use", "tool-calls"],
  ["guardrail_intervened", "content-filter"],
  ["content_filtered", "content-filter"],
  ["malformed_model_output", "error"],
  ["malformed_tool_use", "error"],
]);

const STOP_REASON_BY_FINISH: Readonly<Record<FinishReason, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  "tool-calls": "tool_use",
  "content-filter": "content_filtered",
  error: "malformed_model_output",
  other: "end_turn",
};

/** The inverse; for a client on this wire. */
export function finishToConverse(finish: FinishReason, stopSequence: string | undefined): string {
  return finish === "stop" && stopSequence !== undefined ? "stop_sequence" : STOP_REASON_BY_FINISH[finish];
}

/** What an answer's blocks say beside its stop reason. */
export interface AnswerShape {
  /** Calls of the client's own tools. */
  readonly calls: number;
  /** The forced tool that stands for a JSON answer was called. */
  readonly answeredInJson: boolean;
}

/** Some of the models say `end_turn` when they call a tool; a client then would never run it. */
export function finishFromConverse(stopReason: string, { calls, answeredInJson }: AnswerShape): FinishReason {
  const reason = FINISH_BY_STOP_REASON.get(stopReason) ?? "other";
  if (reason === "stop" && calls > 0) return "tool-calls";
  return reason === "tool-calls" && answeredInJson && calls === 0 ? "stop" : reason;
}
