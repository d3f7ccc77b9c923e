/**
 * The part of JSON Schema 2020-12 that Headrace's own schemas use, with four annotations of its own that
 * ajv ignores: they keep messages, masking and "not built yet" beside the key that they speak of.
 */
export type JsonSchema = {
  readonly $schema?: string;
  /** Parts that refer to themselves. */
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  /** `#/$defs/<name>`; the keywords beside it go first. */
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: SchemaType | readonly SchemaType[];
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: false | JsonSchema;
  readonly propertyNames?: JsonSchema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  /** What a right value is, after "must be", where the other keywords do not say it well. */
  readonly "x-expected"?: string;
  /** The value is a secret: it is never printed, logged or served. */
  readonly "x-secret"?: true;
  /** The key is known, but this version refuses it. */
  readonly "x-not-built"?: true;
  /** Members of `enum` that are known, but refused by this version. */
  readonly "x-not-built-values"?: readonly string[];
};

type SchemaType = "string" | "number" | "integer" | "boolean" | "null" | "array" | "object";

/** A place in a JSON value: keys and array indexes, both as text. */
export type Segments = readonly string[];

/** Splits a JSON pointer (RFC 6901), the form in which ajv names places. */
export function pointerSegments(pointer: string): Segments {
  if (pointer === "") return [];
  return pointer
    .slice(1)
    .split("/")
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** A place as people write it: `models.gpt-4o.targets[0].provider`; names with dots are quoted. */
export function displayPath(segments: Segments): string {
  let path = "";
  for (const segment of segments) {
    if (/^\d+$/.test(segment)) path += `[${segment}]`;
    else if (/^[\w$-]+$/.test(segment)) path += path === "" ? segment : `.${segment}`;
    else path += `[${JSON.stringify(segment)}]`;
  }
  return path;
}

/** The schema of the value at a place, or undefined where the schema knows no such place. */
export function schemaAt(root: JsonSchema, segments: Segments): JsonSchema | undefined {
  let schema: JsonSchema | undefined = root;
  for (const segment of segments) {
    if (schema === undefined) return undefined;
    schema = childSchema(schema, segment, root);
  }
  return schema;
}

/** The schema of a member or an item of a value, given that of the value and the root that references mean. */
export function childSchema(schema: JsonSchema, segment: string, root: JsonSchema): JsonSchema | undefined {
  const child = writtenChild(schema, segment);
  return child === undefined ? undefined : followReference(child, root);
}

/** The schema that a reference stands for, with what is written beside it; any other schema as it is. */
export function followReference(schema: JsonSchema, root: JsonSchema): JsonSchema {
  if (schema.$ref === undefined) return schema;
  const meant = root.$defs?.[schema.$ref.slice(REFERENCE_PREFIX.length)];
  if (meant === undefined) throw new Error(`the schema has no part ${schema.$ref}`);
  return { ...meant, ...schema };
}

const REFERENCE_PREFIX = "#/$defs/";

function writtenChild(schema: JsonSchema, segment: string): JsonSchema | undefined {
  if (schema.items !== undefined) return schema.items;
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, segment)) {
    return schema.properties[segment];
  }
  return schema.additionalProperties === false ? undefined : schema.additionalProperties;
}

/** What a right value is, to follow "must be". */
export function expectation(schema: JsonSchema): string {
  if (schema["x-expected"] !== undefined) return schema["x-expected"];
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  if (schema.anyOf !== undefined) return schema.anyOf.map(expectation).join(" or ");
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  return types.map((type) => typeExpectation(type, schema)).join(" or ");
}

function typeExpectation(type: SchemaType, schema: JsonSchema): string {
  switch (type) {
    case "string":
      return schema.minLength === undefined ? "a string" : "a non-empty string";
    case "integer":
      return `a whole number${rangeText(schema)}`;
    case "number":
      return `a number${rangeText(schema)}`;
    case "boolean":
      return "true or false";
    case "array":
      return schema.minItems === undefined ? "an array" : "a non-empty array";
    case "object":
      return schema.minProperties === undefined ? "an object" : "an object with at least one entry";
    case "null":
      return "null";
  }
}

function rangeText({ minimum, maximum }: JsonSchema): string {
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}
