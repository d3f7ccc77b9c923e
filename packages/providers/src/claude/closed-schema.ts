import { isJsonObject, type JsonObject } from "@headrace/core/json-object";

/** Keywords below which there are schemas: one, a list of them, or a map of them. */
const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set([
  "items",
  "properties",
  "anyOf",
  "oneOf",
  "allOf",
  "$defs",
  "definitions",
  "prefixItems",
]);
/** Those whose members are schemas by name. */
const SCHEMA_MAPS: ReadonlySet<string> = new Set(["properties", "$defs", "definitions"]);
const MAX_DEPTH = 64;

/**
 * The schema with every object closed that does not say whether it is: Anthropic's structured outputs refuse one that
 * takes further members (Anthropic, "Structured outputs", "JSON Schema limitations").
 */
export function closeObjects(schema: JsonObject, depth = 0): JsonObject {
  if (depth > MAX_DEPTH) return schema;
  const members = Object.entries(schema).map(([name, value]) => [
    name,
    SCHEMA_KEYWORDS.has(name) ? closeBelow(value, SCHEMA_MAPS.has(name), depth + 1) : value,
  ]);
  const isOpen = schema.type === "object" && schema.additionalProperties === undefined;
  return Object.fromEntries(isOpen ? [...members, ["additionalProperties", false]] : members);
}

function closeBelow(value: unknown, isMap: boolean, depth: number): unknown {
  if (Array.isArray(value)) return value.map((item) => closeBelow(item, false, depth));
  if (!isJsonObject(value)) return value;
  if (!isMap) return closeObjects(value, depth);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, closeBelow(item, false, depth)]),
  );
}
