import assert from "node:assert/strict";
import { test } from "node:test";
import { bedrockModelPath } from "./model-path.ts";

const ARN =
  "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0";
const ARN_SEGMENT =
  "arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-sonnet-4-5-20250929-v1%3A0";

const PATHS = [
  ["converse", "amazon.nova-pro-v1:0", false, "/model/amazon.nova-pro-v1%3A0/converse"],
  ["converse", ARN, true, `/model/${ARN_SEGMENT}/converse-stream`],
  ["converse", `${ARN}#anthropic.claude-sonnet-4-5`, false, `/model/${ARN_SEGMENT}/converse`],
  ["invoke", "m", false, "/model/m/invoke"],
  ["invoke", ARN, true, `/model/${ARN_SEGMENT}/invoke-with-response-stream`],
] as const;

for (const [operation, model, stream, path] of PATHS) {
  test(`bedrock: ${path}`, () => {
    assert.equal(bedrockModelPath(operation, { model, stream, settings: {} }), path);
  });
}
