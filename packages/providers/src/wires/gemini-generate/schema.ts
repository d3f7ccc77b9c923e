/**
 * Schemas of functions and answers. Gemini takes two kinds: `parameters` and `responseSchema`, a subset of OpenAPI 3.0
 * which refuses a whole request for a single keyword that it does not know (`additionalProperties`, `$schema`, a list of
 * types), and `parametersJsonSchema` and `responseJsonSchema`, plain JSON Schema of which it passes over what it does not
 * support. The latter lose less and fail less, so these are written; what they do not know or refuse is said in another
 * way where there is one.
 */
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { camelFields } from "../../google/field-names.ts";
import { flagOf, objectOf, textOf } from "../../json/read.ts";

/** Keywords whose value is a schema, a list of schemas, or schemas by name. */
const SCHEMA_KEYWORDS: ReadonlySet<string> = new Set(["items", "additionalProperties", "not"]);
const LIST_KEYWORDS: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const MAP_KEYWORDS: ReadonlySet<string> = new Set(["properties", "patternProperties"]);

const DEFS_POINTER = /^#\/(?:\$defs|definitions)\/([^/]+)$/;
/** What may stand beside a reference; a node with anything else is refused. */
const BESIDE_REFERENCE = ["description", "default"] as const;
/** References to other places than definitions; each costs a copy, and no tool's schema has as many. */
const MAX_LIFTED = 256;

/** A client's JSON Schema as Gemini understands it. */
export function toGeminiSchema(schema: unknown): JsonObject {
  if (!isJsonObject(schema)) return {};
  const conversion = new Conversion(schema);
  const { $schema: _dialect, ...root } = conversion.convertRoot();
  const definitions = conversion.definitions();
  return Object.keys(definitions).length === 0 ? root : { ...root, $defs: definitions };
}

/** One schema's way: what it refers to is gathered under `$defs`, the one place where Gemini looks. */
class Conversion {
  readonly #root: JsonObject;
  readonly #names = new Map<string, string>();
  readonly #definitions = new Map<string, unknown>();
  #lifted = 0;

  constructor(root: JsonObject) {
    this.#root = root;
    for (const holder of [objectOf(root, "definitions"), objectOf(root, "$defs")]) {
      for (const name of Object.keys(holder ?? {})) this.#refer(`#/$defs/${name}`, holder?.[name], name);
    }
  }

  definitions(): JsonObject {
    // Referred to while it is walked: a map gives what is added under way too.
    const converted: [string, unknown][] = [];
    for (const [name, schema] of this.#definitions) converted.push([name, this.#convertAny(schema)]);
    return Object.fromEntries(converted);
  }

  /** The root must be an object's schema itself, not a reference to one. */
  convertRoot(): JsonObject {
    const target = resolvePointer(this.#root, textOf(this.#root, "$ref") ?? "");
    if (!isJsonObject(target) || target.$ref !== undefined) return this.#convert(this.#root);
    const { $ref: _reference, ...beside } = this.#root;
    return this.#convert({ ...target, ...beside });
  }

  #convert(schema: JsonObject): JsonObject {
    const reference = textOf(schema, "$ref");
    if (reference !== undefined) return this.#convertReference(schema, reference);
    const { const: constant, definitions: _definitions, $defs: _defs, allOf, ...rest } = schema;
    const merged = Array.isArray(allOf) ? mergeAll(rest, allOf) : rest;
    if (textOf(merged, "$ref") !== undefined) return this.#convert(merged);
    const entries = Object.entries(merged).map(([name, value]) => this.#convertKeyword(name, value));
    return { ...Object.fromEntries(entries), ...(constant === undefined ? {} : { enum: [constant] }) };
  }

  #convertReference(schema: JsonObject, reference: string): JsonObject {
    const name = this.#nameOf(reference);
    const words = BESIDE_REFERENCE.filter((keyword) => schema[keyword] !== undefined);
    const beside = Object.fromEntries(words.map((word) => [word, schema[word]]));
    return name === null ? beside : { $ref: `#/$defs/${name}`, ...beside };
  }

  #convertKeyword(name: string, value: unknown): [string, unknown] {
    if (name === "items" && Array.isArray(value))
      return ["prefixItems", value.map((item) => this.#convertAny(item))];
    if (SCHEMA_KEYWORDS.has(name))
      return [name, typeof value === "boolean" && name !== "items" ? value : this.#convertAny(value)];
    if (LIST_KEYWORDS.has(name) && Array.isArray(value))
      return [name, value.map((item) => this.#convertAny(item))];
    if (MAP_KEYWORDS.has(name) && isJsonObject(value))
      return [
        name,
        Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#convertAny(item)])),
      ];
    return [name, value];
  }

  /** A schema that is only `true` says nothing. */
  #convertAny(schema: unknown): unknown {
    return isJsonObject(schema) ? this.#convert(schema) : {};
  }

  #nameOf(reference: string): string | null {
    const named = DEFS_POINTER.exec(reference)?.[1];
    const key = named === undefined ? reference : `#/$defs/${named}`;
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const target = resolvePointer(this.#root, reference);
    if (!isJsonObject(target) || this.#lifted === MAX_LIFTED) return null;
    return this.#refer(key, target, `lifted_${++this.#lifted}`);
  }

  #refer(key: string, schema: unknown, name: string): string {
    this.#names.set(key, name);
    this.#definitions.set(name, schema);
    return name;
  }
}

/** Gemini passes `allOf` over, so that what can be said without it is. */
function mergeAll(rest: JsonObject, all: readonly unknown[]): JsonObject {
  const [only, ...others] = all;
  if (others.length === 0 && isJsonObject(only)) return { ...only, ...rest };
  if (!all.every((part): part is JsonObject => isJsonObject(part) && part.$ref === undefined))
    return { ...rest, allOf: all };
  let merged = rest;
  for (const part of all)
    merged = { ...part, ...merged, ...mergedMap(part, merged), ...mergedList(part, merged) };
  return merged;
}

function mergedMap(one: JsonObject, other: JsonObject): JsonObject {
  const properties = { ...objectOf(one, "properties"), ...objectOf(other, "properties") };
  return Object.keys(properties).length === 0 ? {} : { properties };
}

function mergedList(one: JsonObject, other: JsonObject): JsonObject {
  const required = [other.required, one.required].flatMap((names) => (Array.isArray(names) ? names : []));
  return required.length === 0 ? {} : { required: [...new Set(required)] };
}

/** RFC 6901, in the form of a URI fragment. */
function resolvePointer(root: JsonObject, reference: string): unknown {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let value: unknown = root;
  for (const token of reference.slice(2).split("/")) {
    if (typeof value !== "object" || value === null) return undefined;
    const name = decodeToken(token);
    value = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }
  return value;
}

function decodeToken(token: string): string {
  try {
    return decodeURIComponent(token).replaceAll("~1", "/").replaceAll("~0", "~");
  } catch {
    return token;
  }
}

/** Numbers that proto JSON may write as text, being of 64 bits. */
const COUNT_KEYWORDS = [
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
] as const;

/** A client's OpenAPI subset (`parameters`, `responseSchema`) as JSON Schema, which every other wire takes. */
export function fromOpenApiSchema(schema: unknown): unknown {
  if (!isJsonObject(schema)) return schema;
  const { nullable: _nullable, propertyOrdering: _order, example, ...fields } = camelFields(schema);
  const result: Record<string, unknown> = { ...fields };
  const type = textOf(fields, "type")?.toLowerCase();
  if (type !== undefined) result.type = flagOf(camelFields(schema), "nullable") ? [type, "null"] : type;
  if (fields.format === "enum") delete result.format;
  if (example !== undefined) result.examples = [example];
  for (const name of COUNT_KEYWORDS) {
    if (typeof result[name] === "string") result[name] = Number(result[name]);
  }
  if (fields.items !== undefined) result.items = fromOpenApiSchema(fields.items);
  if (Array.isArray(fields.anyOf)) result.anyOf = fields.anyOf.map(fromOpenApiSchema);
  const properties = objectOf(fields, "properties");
  if (properties !== undefined)
    result.properties = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, fromOpenApiSchema(property)]),
    );
  return result;
}
