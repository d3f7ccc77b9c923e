import assert from "node:assert/strict";
import { test } from "node:test";
import { BEDROCK_INVOKE, VERTEX_CLAUDE } from "./dialect.ts";
import { anthropicCountTokensService, anthropicService } from "./service.ts";

const CALL = { model: "claude-sonnet-4-5", stream: false, settings: {} };

test("Anthropic service: Anthropic's own", () => {
  const service = anthropicService();
  assert.equal(service.path(CALL), "/messages");
  assert.deepEqual(service.headers, ["anthropic-version", "2023-06-01"]);
  assert.deepEqual(service.edits, { model: "replace", askUsage: false, refused: [], added: "" });
  assert.notEqual(service.stream, null);
});

test("Anthropic service: Vertex has the model in the path and its version in the body", () => {
  const path = () => "/publishers/anthropic/models/x:rawPredict";
  const service = anthropicService({ path, dialect: VERTEX_CLAUDE });
  assert.equal(service.path(CALL), path());
  assert.equal(service.headers, undefined);
  assert.deepEqual(service.edits, {
    model: "remove",
    askUsage: false,
    refused: [],
    added: '"anthropic_version":"vertex-2023-10-16"',
  });
});

test("Anthropic service: Bedrock's streams are not passed on as they are", () => {
  const service = anthropicService({ path: () => "/model/x/invoke", dialect: BEDROCK_INVOKE });
  assert.equal(service.stream, null);
  assert.deepEqual(service.edits.refused, ["stream"]);
});

test("Anthropic service: counting tokens costs none", () => {
  const service = anthropicCountTokensService();
  assert.equal(service.path(CALL), "/messages/count_tokens");
  assert.equal(service.stream, null);
  assert.equal(service.readUsage(Buffer.from('{"input_tokens":14}')), null);
  assert.equal(service.tokenUsage({ input_tokens: 14 }), null);
});

const USAGE = { input_tokens: 5, output_tokens: 7, cache_creation: { ephemeral_1h_input_tokens: 0 } };

const BODIES: readonly [string, unknown, unknown][] = [
  ["at the end", { content: [{ type: "text", text: '"usage":{"output_tokens":1}' }], usage: USAGE }, USAGE],
  ["before other fields", { usage: USAGE, context_management: { applied_edits: [] } }, USAGE],
  [
    "before a tool's input of that name",
    { usage: USAGE, content: [{ input: { usage: { a: "}" } } }] },
    USAGE,
  ],
  ["not there", { content: [] }, null],
];

for (const [name, body, usage] of BODIES) {
  test(`Anthropic service: the usage of an answer, ${name}`, () => {
    const { readUsage } = anthropicService();
    assert.deepEqual(readUsage(Buffer.from(JSON.stringify(body))), usage);
    assert.deepEqual(readUsage(Buffer.from(JSON.stringify(body, null, 2))), usage);
  });
}

test("Anthropic service: no usage in what is no answer", () => {
  const { readUsage } = anthropicService();
  for (const body of ["", '{"usage"', '{"usage":{', '{"usage":{}}x', "<html>"])
    assert.equal(readUsage(Buffer.from(body)), null);
});
