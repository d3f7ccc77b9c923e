import type { ChatRequest } from "@headrace/core/canonical/chat";
import type { CacheMark } from "@headrace/core/canonical/chat-parts";
import type { Losses } from "./losses.ts";

/** Names the marks of a request for a model that keeps in its cache what it likes, or nothing. */
export function loseCacheMarks({ messages, tools }: ChatRequest, losses: Losses): void {
  for (const { parts } of messages) {
    for (const part of parts) {
      if ("cache" in part) losses.cacheMark("part", part.cache);
      if (part.type === "tool-result") for (const { cache } of part.parts) losses.cacheMark("part", cache);
    }
  }
  for (const tool of tools) if (tool.type === "function") losses.cacheMark("tool", tool.cache);
}

/** Puts the mark of the whole on the last of its parts, for wires where only parts are marked. */
export function markLast<Part extends { readonly cache?: CacheMark }>(
  parts: readonly Part[],
  cache: CacheMark | undefined,
): readonly Part[] {
  const last = parts.at(-1);
  return cache === undefined || last === undefined ? parts : [...parts.slice(0, -1), { ...last, cache }];
}
