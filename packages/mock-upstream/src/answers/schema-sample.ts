import { isJsonObject } from "./json.ts";

const MAX_DEPTH = 8;

/** A small value that fits a JSON Schema: what the mock calls tools with and answers as JSON. */
export function sampleOf(schema: unknown, depth: number = 0): unknown {
  if (!isJsonObject(schema) || depth > MAX_DEPTH) return {};
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (Object.hasOwn(schema, "const")) return schema.const;
  const alternative = firstOf(schema.anyOf) ?? firstOf(schema.oneOf);
  if (alternative !== undefined) return sampleOf(alternative, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  switch (type) {
    case "string":
      return "mock";
    case "integer":
      return 1;
    case "number":
      return 1.5;
    case "boolean":
      return true;
    case "null":
      return null;
    case "array":
      return schema.items === undefined ? [] : [sampleOf(schema.items, depth + 1)];
    default:
      return sampleOfProperties(schema.properties, depth);
  }
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

function sampleOfProperties(properties: unknown, depth: number): Record<string, unknown> {
  if (!isJsonObject(properties)) return {};
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, sampleOf(schema, depth + 1)]),
  );
}
