import { childSchema, type JsonSchema } from "../schema/json-schema.ts";
import { CONFIG_SCHEMA } from "./schema.ts";
import type { Config } from "./types.ts";

/** A deep copy that may be shown: every value that the schema calls a secret is "***". */
export function maskSecrets(config: Config): unknown {
  return mask(config, CONFIG_SCHEMA);
}

function mask(value: unknown, schema: JsonSchema): unknown {
  if (schema["x-secret"]) return "***";
  if (Array.isArray(value))
    return value.map((item, index) => mask(item, memberSchema(schema, String(index))));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [name, mask(child, memberSchema(schema, name))]),
  );
}

function memberSchema(schema: JsonSchema, name: string): JsonSchema {
  return childSchema(schema, name, CONFIG_SCHEMA) ?? {};
}
