import type { CacheMark } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import type { CacheMarkRule, OpenAiChatDialect } from "./dialect.ts";

/** Null for a model that takes no marks. */
export function cacheMarkRule({ cacheMarks }: OpenAiChatDialect, model: string): CacheMarkRule | null {
  return cacheMarks.find(({ models }) => models.test(model)) ?? null;
}

export function encodeCacheMark(mark: CacheMark | undefined, rule: CacheMarkRule | null): JsonObject {
  if (mark === undefined || rule === null) return {};
  const { ttl } = mark;
  return { cache_control: { type: "ephemeral", ...(ttl === "1h" && rule.ttl === "1h" ? { ttl } : {}) } };
}
