/** Reads JSON of which nothing may be assumed: a member that is absent, null or of another type is undefined. */
import { type ExtraFields, NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";

export function textOf(object: JsonObject, name: string): string | undefined {
  const value = ownValue(object, name);
  return typeof value === "string" ? value : undefined;
}

export function numberOf(object: JsonObject, name: string): number | undefined {
  const value = ownValue(object, name);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A whole number that is not negative. */
export function countOf(object: JsonObject, name: string): number | undefined {
  const value = ownValue(object, name);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function flagOf(object: JsonObject, name: string): boolean | undefined {
  const value = ownValue(object, name);
  return typeof value === "boolean" ? value : undefined;
}

export function objectOf(object: JsonObject, name: string): JsonObject | undefined {
  const value = ownValue(object, name);
  return isJsonObject(value) ? value : undefined;
}

export function listOf(object: JsonObject, name: string): readonly unknown[] | undefined {
  const value = ownValue(object, name);
  return Array.isArray(value) ? value : undefined;
}

/** The objects of a list; what is none is left out. */
export function objectsOf(object: JsonObject, name: string): readonly JsonObject[] {
  return (listOf(object, name) ?? []).filter(isJsonObject);
}

/** Null for text that is no JSON object. */
export function parseJsonObject(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** The members that are not known, null ones left out: on every wire null is the same as absent. */
export function extraOf(object: JsonObject, known: ReadonlySet<string>): ExtraFields {
  let extra: Record<string, unknown> | null = null;
  for (const name of Object.keys(object)) {
    if (known.has(name) || object[name] === null) continue;
    extra ??= {};
    define(extra, name, object[name]);
  }
  return extra ?? NO_EXTRA;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The object without its undefined members, so that absent stays absent. */
export function defined<T extends object>(object: T): Partial<Defined<T>> {
  const result: Partial<Defined<T>> = {};
  for (const [name, value] of Object.entries(object)) {
    if (value !== undefined) define(result, name, value);
  }
  return result;
}

/** A member called `__proto__` is a member like any other. */
function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

function ownValue(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
