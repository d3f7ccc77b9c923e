import type { ExtraFields } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";

/**
 * Fields that concern the client and the provider it was written for, with the values for which nothing is lost
 * elsewhere; null for all.
 */
const MEANINGLESS: ReadonlyMap<string, readonly unknown[] | null> = new Map<
  string,
  readonly unknown[] | null
>([
  ["metadata", null],
  ["user", null],
  ["safety_identifier", null],
  ["store", [false]],
  ["stream_options", null],
  ["service_tier", ["auto", "default", "standard_only"]],
  ["prompt_cache_key", null],
  ["prompt_cache_retention", null],
  ["labels", null],
]);

/** Collects what is lost, such as `Losses` does for chats. */
export interface LostNames {
  named(name: string): void;
}

/**
 * Of the fields that a client's decoder does not know, those that the provider has by the same name: whoever names one
 * means this provider, whatever wire it writes on. What else means something is lost.
 */
export function takeOwnFields(extra: ExtraFields, own: ReadonlySet<string>, losses: LostNames): JsonObject {
  const taken: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(extra)) {
    if (own.has(name)) taken[name] = value;
    else if (!isMeaningless(name, value)) losses.named(name);
  }
  return taken;
}

function isMeaningless(name: string, value: unknown): boolean {
  const values = MEANINGLESS.get(name);
  return values !== undefined && (values === null || values.includes(value));
}
