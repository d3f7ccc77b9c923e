import type { JsonSchema } from "../schema/json-schema.ts";

/**
 * What the schema knows and this version refuses, never ignores: keys as docs/config.md writes them, `=` before a
 * value, and two ways to write something that are no keys. Whoever builds one takes its line away.
 */
export const NOT_BUILT: ReadonlySet<string> = new Set(["keys[].limits", "keys[].budget", "store", "redis"]);

/** Where the parts that refer to themselves stand first. */
const DEFINITION_PATHS: Readonly<Record<string, string>> = {
  strategy: "models.<name>.strategy",
  target: "models.<name>.targets[]",
};

/** A copy of the schema in which everything named by `names` is marked as not built. */
export function markNotBuilt(schema: JsonSchema, names: ReadonlySet<string>, path = ""): JsonSchema {
  const { properties, additionalProperties: entry, items, $defs } = schema;
  const mark = (child: JsonSchema, childPath: string): JsonSchema => markNotBuilt(child, names, childPath);
  const prefix = path === "" ? "" : `${path}.`;
  const unbuiltValues = schema.enum?.filter((value) => names.has(`${path}=${value}`)) ?? [];
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : { properties: mapValues(properties, (child, name) => mark(child, prefix + name)) }),
    ...(entry === undefined || entry === false
      ? {}
      : { additionalProperties: mark(entry, `${prefix}<name>`) }),
    ...(items === undefined ? {} : { items: mark(items, `${path}[]`) }),
    ...($defs === undefined
      ? {}
      : { $defs: mapValues($defs, (part, name) => mark(part, DEFINITION_PATHS[name] ?? name)) }),
    ...(unbuiltValues.length === 0 ? {} : { "x-not-built-values": unbuiltValues }),
    ...(names.has(path) ? { "x-not-built": true } : {}),
  };
}

function mapValues(
  schemas: Readonly<Record<string, JsonSchema>>,
  map: (schema: JsonSchema, name: string) => JsonSchema,
): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, map(schema, name)]));
}
