import type { FinishReason } from "@headrace/core/canonical/chat";

/** Cohere API reference, "Chat", `finish_reason`; the last three are of older models. */
const FINISH_BY_REASON: ReadonlyMap<string, FinishReason> = new Map([
  ["COMPLETE", "stop"],
  ["STOP_SEQUENCE", "stop"],
  ["MAX_TOKENS", "length"],
  ["TOOL_CALL", "tool-calls"],
  ["ERROR", "error"],
  ["TIMEOUT", "error"],
  ["ERROR_LIMIT", "length"],
  ["ERROR_TOXIC", "content-filter"],
  ["USER_CANCEL", "other"],
]);

const REASON_BY_FINISH: Readonly<Record<FinishReason, string>> = {
  stop: "COMPLETE",
  length: "MAX_TOKENS",
  "tool-calls": "TOOL_CALL",
  "content-filter": "ERROR_TOXIC",
  error: "ERROR",
  other: "COMPLETE",
};

/** The inverse; for a client on this wire. */
export function finishToCohere(finish: FinishReason, stopSequence: string | undefined): string {
  return finish === "stop" && stopSequence !== undefined ? "STOP_SEQUENCE" : REASON_BY_FINISH[finish];
}

/** What an answer holds, which its reason has to fit. */
export interface AnswerShape {
  /** Calls of the client's own tools. */
  readonly calls: number;
  /** The forced tool that stands for a JSON answer was called. */
  readonly answeredInJson: boolean;
}

export function finishFromCohere(reason: string, { calls, answeredInJson }: AnswerShape): FinishReason {
  const finish = FINISH_BY_REASON.get(reason) ?? "other";
  if (finish === "stop" && calls > 0) return "tool-calls";
  return finish === "tool-calls" && answeredInJson && calls === 0 ? "stop" : finish;
}
