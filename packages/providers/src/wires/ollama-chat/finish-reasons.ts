import type { FinishReason } from "@headrace/core/canonical/chat";

/** Ollama API reference, "Chat", `done_reason`; servers from before it had any leave it out. */
const FINISH_BY_REASON: ReadonlyMap<string, FinishReason> = new Map([
  ["", "stop"],
  ["stop", "stop"],
  ["length", "length"],
  // An empty conversation only loads the model into memory, or out of it.
  ["load", "other"],
  ["unload", "other"],
]);

/** @param calls - how many tools the answer calls, of which its reason does not tell */
export function finishFromOllama(reason: string, calls: number): FinishReason {
  const finish = FINISH_BY_REASON.get(reason) ?? "other";
  return finish === "stop" && calls > 0 ? "tool-calls" : finish;
}
