import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Endpoint } from "@headrace/core/endpoints";
import type { JsonObject } from "@headrace/core/json-object";
import { asksForOneText } from "./one-text.ts";

const SEARCH = { name: "web_search", type: "web_search_20250305" };
const FUNCTION = { type: "function", function: { name: "f" } };

const CASES: readonly (readonly [endpoint: Endpoint, body: JsonObject, isOneText: boolean])[] = [
  ["chat", {}, true],
  ["chat", { n: 1, logprobs: false, response_format: { type: "text" }, modalities: ["text"] }, true],
  ["chat", { n: null, logprobs: null, response_format: null, tools: null }, true],
  ["chat", { tools: [FUNCTION] }, true],
  ["chat", { n: 2 }, false],
  ["chat", { logprobs: true }, false],
  ["chat", { response_format: { type: "json_object" } }, false],
  ["chat", { response_format: { type: "json_schema" } }, false],
  ["chat", { modalities: ["text", "audio"] }, false],
  ["chat", { audio: { voice: "a" } }, false],
  ["chat", { web_search_options: {} }, false],
  ["chat", { tools: [FUNCTION, { type: "custom" }] }, false],
  ["messages", { thinking: { type: "enabled", budget_tokens: 1 } }, true],
  ["messages", { tools: [{ name: "f", input_schema: {} }], output_config: { effort: "low" } }, true],
  ["messages", { tools: [SEARCH] }, false],
  ["messages", { output_config: { format: { type: "json_schema" } } }, false],
  ["messages", { mcp_servers: [{}] }, false],
  ["messages", { container: "c" }, false],
  [
    "generate-content",
    { generationConfig: { temperature: 1, candidateCount: 1, responseModalities: ["TEXT"] } },
    true,
  ],
  ["generate-content", { tools: [{ functionDeclarations: [] }] }, true],
  ["generate-content", { generationConfig: { responseMimeType: "application/json" } }, false],
  ["generate-content", { generationConfig: { response_mime_type: "application/json" } }, false],
  ["generate-content", { generationConfig: { candidateCount: 2 } }, false],
  ["generate-content", { generationConfig: { responseModalities: ["TEXT", "IMAGE"] } }, false],
  ["generate-content", { tools: [{ googleSearch: {} }] }, false],
  ["converse", { toolConfig: { tools: [{ toolSpec: {} }, { cachePoint: {} }] } }, true],
  ["converse", { toolConfig: { tools: [{ systemTool: {} }] } }, false],
  ["converse", { guardrailConfig: {} }, false],
  ["responses", {}, false],
  ["completions", {}, false],
  ["embeddings", {}, false],
];

describe("asksForOneText", () => {
  for (const [endpoint, body, isOneText] of CASES)
    it(`is ${isOneText} for ${endpoint} with ${JSON.stringify(body)}`, () => {
      assert.equal(asksForOneText(endpoint, body), isOneText);
    });
});
