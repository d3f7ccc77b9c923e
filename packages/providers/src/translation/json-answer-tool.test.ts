import assert from "node:assert/strict";
import { test } from "node:test";
import { isJsonAnswerTool, jsonAnswerTool } from "./json-answer-tool.ts";

test("json answer tool: none for plain text", () => {
  assert.equal(jsonAnswerTool(undefined), null);
  assert.equal(jsonAnswerTool({ type: "text" }), null);
});

test("json answer tool: a schema becomes the tool's input and the name tells the decoder", () => {
  const schema = { type: "object", properties: { a: { type: "number" } } };
  const tool = jsonAnswerTool({ type: "json-schema", name: "wea ther.v1", description: "Now.", schema });
  assert.deepEqual(tool, {
    name: "respond_with_json__wea_ther_v1",
    description: "Give the whole answer by this call. Now.",
    schema,
  });
  assert.equal(isJsonAnswerTool(tool?.name ?? ""), true);
  assert.equal(isJsonAnswerTool("respond_with_json"), false);
});

test("json answer tool: any object when there is no schema, and a name within bounds", () => {
  assert.equal(jsonAnswerTool({ type: "json-object" })?.schema.additionalProperties, true);
  const long = jsonAnswerTool({ type: "json-schema", name: "n".repeat(200), schema: true });
  assert.equal(long?.name.length, 64);
  assert.deepEqual(long?.schema, { type: "object" });
});
