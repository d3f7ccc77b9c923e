import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromOpenApiSchema, toGeminiSchema } from "./schema.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

const OUT: readonly { name: string; schema: unknown; gemini: unknown }[] = [
  { name: "none", schema: undefined, gemini: {} },
  { name: "no object", schema: true, gemini: {} },
  {
    name: "what it takes as it is, and what it passes over",
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: {
        level: { type: ["number", "null"], exclusiveMinimum: 0, description: "In cm." },
        tags: { type: "array", items: { enum: ["a", "b"] }, uniqueItems: true },
      },
      required: ["level"],
      additionalProperties: false,
    },
    gemini: {
      type: "object",
      properties: {
        level: { type: ["number", "null"], exclusiveMinimum: 0, description: "In cm." },
        tags: { type: "array", items: { enum: ["a", "b"] }, uniqueItems: true },
      },
      required: ["level"],
      additionalProperties: false,
    },
  },
  {
    name: "a constant",
    schema: { anyOf: [{ const: "a" }, { const: null }] },
    gemini: { anyOf: [{ enum: ["a"] }, { enum: [null] }] },
  },
  {
    name: "schemas that are only true, and tuples of an older draft",
    schema: {
      properties: { any: true, pair: { items: [{ const: 1 }, false] }, list: { items: true } },
      additionalProperties: true,
    },
    gemini: {
      properties: { any: {}, pair: { prefixItems: [{ enum: [1] }, {}] }, list: { items: {} } },
      additionalProperties: true,
    },
  },
  {
    name: "definitions under their old name, and what may not stand beside a reference",
    schema: {
      type: "object",
      properties: {
        place: { $ref: "#/definitions/Place", description: "Where.", title: "Place", minLength: 1 },
        other: { $ref: "#/$defs/Other" },
      },
      definitions: { Place: { type: "object", properties: { next: { $ref: "#/definitions/Place" } } } },
      $defs: { Other: { const: 1 } },
    },
    gemini: {
      type: "object",
      properties: {
        place: { $ref: "#/$defs/Place", description: "Where." },
        other: { $ref: "#/$defs/Other" },
      },
      $defs: {
        Place: { type: "object", properties: { next: { $ref: "#/$defs/Place" } } },
        Other: { enum: [1] },
      },
    },
  },
  {
    name: "references to other places",
    schema: {
      type: "object",
      properties: {
        from: { type: "object", properties: { "a/b": { const: 1 } } },
        to: { $ref: "#/properties/from" },
        part: { $ref: "#/properties/from/properties/a~1b" },
        gone: { $ref: "#/properties/nowhere", description: "?" },
        away: { $ref: "https://schemas.example/a.json" },
      },
    },
    gemini: {
      type: "object",
      properties: {
        from: { type: "object", properties: { "a/b": { enum: [1] } } },
        to: { $ref: "#/$defs/lifted_1" },
        part: { $ref: "#/$defs/lifted_2" },
        gone: { description: "?" },
        away: {},
      },
      $defs: {
        lifted_1: { type: "object", properties: { "a/b": { enum: [1] } } },
        lifted_2: { enum: [1] },
      },
    },
  },
  {
    name: "a root that is a reference",
    schema: { $ref: "#/definitions/Args", definitions: { Args: { type: "object", properties: {} } } },
    gemini: {
      type: "object",
      properties: {},
      $defs: { Args: { type: "object", properties: {} } },
    },
  },
  {
    name: "one that refers to itself",
    schema: { type: "object", properties: { child: { $ref: "#" } } },
    gemini: {
      type: "object",
      properties: { child: { $ref: "#/$defs/lifted_1" } },
      $defs: { lifted_1: { type: "object", properties: { child: { $ref: "#/$defs/lifted_1" } } } },
    },
  },
  {
    name: "a combination of one, of several, of references",
    schema: {
      properties: {
        one: { allOf: [{ $ref: "#/$defs/A" }], description: "An A." },
        several: {
          type: "object",
          allOf: [
            { properties: { a: {} }, required: ["a"] },
            { properties: { b: {} }, required: ["b", "a"] },
          ],
        },
        mixed: { allOf: [{ $ref: "#/$defs/A" }, { type: "object" }] },
      },
      $defs: { A: {} },
    },
    gemini: {
      properties: {
        one: { $ref: "#/$defs/A", description: "An A." },
        several: { type: "object", properties: { a: {}, b: {} }, required: ["a", "b"] },
        mixed: { allOf: [{ $ref: "#/$defs/A" }, { type: "object" }] },
      },
      $defs: { A: {} },
    },
  },
];

for (const { name, schema, gemini } of OUT) {
  test(`Gemini schema: ${name}`, () => {
    const before = structuredClone(schema);
    assert.deepEqual(toGeminiSchema(schema), gemini);
    assert.deepEqual(schema, before);
  });
}

test("Gemini schema: many references to large places cost no more than so many copies", () => {
  const properties = Object.fromEntries(
    Array.from({ length: 2000 }, (_, index) => [`p${index}`, { $ref: `#/properties/p${index}x` }]),
  );
  const targets = Object.fromEntries(Object.keys(properties).map((name) => [`${name}x`, { const: name }]));
  const { $defs } = toGeminiSchema({ properties: { ...properties, ...targets } });
  assert.equal(Object.keys($defs ?? {}).length, 256);
});

test("Gemini schema: whatever a client calls a schema is read", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const keyword = fc.constantFrom("properties", "items", "anyOf", "allOf", "$ref", "$defs", "const", "type");
  const schema = fc.object({ key: keyword, maxDepth: 4, withNullPrototype: false });
  fc.assert(
    fc.property(schema, (raw) => {
      const json: unknown = JSON.parse(JSON.stringify(raw));
      assert.equal(typeof toGeminiSchema(json), "object");
      fromOpenApiSchema(json);
    }),
    { seed },
  );
});

test("OpenAPI schema: in the words of JSON Schema", () => {
  const schema = {
    type: "OBJECT",
    property_ordering: ["a"],
    properties: {
      a: { type: "STRING", nullable: true, format: "enum", enum: ["x"], max_length: "9" },
      b: {
        any_of: [
          { type: "INTEGER", format: "int32" },
          { type: "ARRAY", minItems: "1", items: {} },
        ],
      },
      c: { type: "NUMBER", example: 1.5, default: 2 },
    },
    required: ["a"],
  };
  assert.deepEqual(fromOpenApiSchema(schema), {
    type: "object",
    properties: {
      a: { type: ["string", "null"], enum: ["x"], maxLength: 9 },
      b: {
        anyOf: [
          { type: "integer", format: "int32" },
          { type: "array", minItems: 1, items: {} },
        ],
      },
      c: { type: "number", examples: [1.5], default: 2 },
    },
    required: ["a"],
  });
  assert.equal(fromOpenApiSchema(undefined), undefined);
});
