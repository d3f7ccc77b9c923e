import type { FinishReason } from "@headrace/core/canonical/chat";

/** How a response stands at its end, and why it is not complete. */
export interface ResponseEnding {
  readonly status: "completed" | "incomplete" | "failed";
  readonly incompleteReason: "max_output_tokens" | "content_filter" | null;
}

const COMPLETED: ResponseEnding = { status: "completed", incompleteReason: null };

/** OpenAI API reference, "The response object", `status` and `incomplete_details.reason`. */
export const ENDING_BY_FINISH: Readonly<Record<FinishReason, ResponseEnding>> = {
  stop: COMPLETED,
  "tool-calls": COMPLETED,
  length: { status: "incomplete", incompleteReason: "max_output_tokens" },
  "content-filter": { status: "incomplete", incompleteReason: "content_filter" },
  error: { status: "failed", incompleteReason: null },
  other: COMPLETED,
};

const FINISH_BY_REASON: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ["max_output_tokens", "length"],
  ["content_filter", "content-filter"],
]);

/** @param reason - `incomplete_details.reason`; undefined for a response that is complete */
export function finishFromResponse(reason: string | undefined, calledTools: boolean): FinishReason {
  if (reason !== undefined) return FINISH_BY_REASON.get(reason) ?? "other";
  return calledTools ? "tool-calls" : "stop";
}
