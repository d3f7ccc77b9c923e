import type { FinishReason } from "@headrace/core/canonical/chat";

/** Gemini API reference, "generateContent", `FinishReason`; `MODEL_ARMOR` is Vertex's. */
const FINISH_BY_REASON: ReadonlyMap<string, FinishReason> = new Map([
  ["STOP", "stop"],
  ["MAX_TOKENS", "length"],
  ["SAFETY", "content-filter"],
  ["RECITATION", "content-filter"],
  ["BLOCKLIST", "content-filter"],
  ["PROHIBITED_CONTENT", "content-filter"],
  ["SPII", "content-filter"],
  ["MODEL_ARMOR", "content-filter"],
  ["IMAGE_SAFETY", "content-filter"],
  ["IMAGE_PROHIBITED_CONTENT", "content-filter"],
  ["IMAGE_RECITATION", "content-filter"],
  ["MALFORMED_FUNCTION_CALL", "error"],
  ["MALFORMED_RESPONSE", "error"],
  ["UNEXPECTED_TOOL_CALL", "error"],
  ["TOO_MANY_TOOL_CALLS", "error"],
  ["MISSING_THOUGHT_SIGNATURE", "error"],
  ["NO_IMAGE", "error"],
]);

const REASONS: Readonly<Record<FinishReason, string>> = {
  stop: "STOP",
  length: "MAX_TOKENS",
  // There is no word for it: calls are seen from the parts.
  "tool-calls": "STOP",
  "content-filter": "SAFETY",
  error: "OTHER",
  other: "OTHER",
};

/** What Google says for the calls of a model that are no JSON; on other wires their client finds it out. */
export const MALFORMED_CALL = "MALFORMED_FUNCTION_CALL";

/** The value that proto JSON gives a field which was never set. */
const UNSPECIFIED = "FINISH_REASON_UNSPECIFIED";

/** Whether a candidate's `finishReason` says that it has ended. */
export function hasFinished(reason: unknown): reason is string {
  return typeof reason === "string" && reason !== "" && reason !== UNSPECIFIED;
}

/** Google may add reasons at any time; one that is not known is "other". */
export function finishFromGemini(reason: string, hasCalls: boolean): FinishReason {
  const finish = FINISH_BY_REASON.get(reason) ?? "other";
  return finish === "stop" && hasCalls ? "tool-calls" : finish;
}

export function finishToGemini(reason: FinishReason): string {
  return REASONS[reason];
}
