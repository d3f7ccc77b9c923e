import type { JsonObject } from "@headrace/core/json-object";

const SNAKE_CASE = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)+$/;

/**
 * The object with its own fields in lowerCamelCase. Proto JSON's readers take a field in that spelling and as it stands in
 * the .proto file (protobuf.dev, "ProtoJSON Format"), and Google's examples for curl use the latter.
 */
export function camelFields(object: JsonObject): JsonObject {
  const names = Object.keys(object);
  if (!names.some((name) => name.includes("_"))) return object;
  return Object.fromEntries(names.map((name) => [camelName(name), object[name]]));
}

function camelName(name: string): string {
  if (!SNAKE_CASE.test(name)) return name;
  return name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
