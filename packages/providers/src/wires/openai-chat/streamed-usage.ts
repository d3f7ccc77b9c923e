import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { objectOf } from "../../json/read.ts";

/**
 * The usage object of a stream's event, or null: OpenAI's place for it, that of Moonshot in the choice, and that of older
 * streams of Groq. An event that has it twice says the same in both.
 */
export function streamedUsage(event: JsonObject): JsonObject | null {
  if (isJsonObject(event.usage)) return event.usage;
  const first: unknown = Array.isArray(event.choices) ? event.choices[0] : undefined;
  if (isJsonObject(first) && isJsonObject(first.usage)) return first.usage;
  return event.x_groq === undefined ? null : (objectOf(objectOf(event, "x_groq") ?? {}, "usage") ?? null);
}
