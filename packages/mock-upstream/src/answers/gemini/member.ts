import type { JsonObject } from "../json.ts";

/** A member by its camelCase name; like all of Google's JSON it may be written in snake_case. */
export function member(object: JsonObject, name: string): unknown {
  return object[name] ?? object[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}
