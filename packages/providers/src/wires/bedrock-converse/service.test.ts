import assert from "node:assert/strict";
import { test } from "node:test";
import { readConverseError } from "./provider-errors.ts";
import { bedrockPath, converseService } from "./service.ts";
import { usageFromConverse } from "./usage.ts";

const ARN =
  "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

test("bedrock: paths hold the model as one segment, an ARN too", () => {
  const { path } = converseService();
  assert.equal(
    path({ model: "amazon.nova-pro-v1:0", stream: false, settings: {} }),
    "/model/amazon.nova-pro-v1%3A0/converse",
  );
  assert.equal(path({ model: "m", stream: true, settings: {} }), "/model/m/converse-stream");
  assert.equal(
    bedrockPath("invoke", { model: ARN, stream: true, settings: {} }),
    "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu.anthropic.claude-sonnet-4-5-20250929-v1%3A0/invoke-with-response-stream",
  );
  assert.equal(bedrockPath("invoke", { model: "m", stream: false, settings: {} }), "/model/m/invoke");
});

test("bedrock: the usage of a whole answer", () => {
  const { readUsage, tokenUsage } = converseService();
  const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
  assert.deepEqual(readUsage(Buffer.from(JSON.stringify({ usage }))), usage);
  assert.equal(readUsage(Buffer.from("<html>")), null);
  assert.equal(tokenUsage(usage)?.visibleOutput, 2);
  for (const raw of [null, [], {}, { inputTokens: -1 }, { totalTokens: 3 }])
    assert.equal(usageFromConverse(raw), null);
});

const ERRORS: readonly (readonly [unknown, string, string | null])[] = [
  [{ message: "The model is not there." }, "The model is not there.", null],
  [
    { __type: "com.amazon.coral.service#AccessDeniedException", Message: "No." },
    "No.",
    "AccessDeniedException",
  ],
  [
    { __type: "ValidationException" },
    "The provider answered with status 400 and no words.",
    "ValidationException",
  ],
  [{ message: "" }, "The provider answered with status 400 and no words.", null],
  [undefined, "The provider answered with status 400 and no words.", null],
];
for (const [body, message, code] of ERRORS) {
  test(`bedrock: the words of ${JSON.stringify(body)}`, () => {
    assert.deepEqual(readConverseError(400, body), { message, code, param: null });
  });
}
