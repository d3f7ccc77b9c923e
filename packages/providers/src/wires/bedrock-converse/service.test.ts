import assert from "node:assert/strict";
import { test } from "node:test";
import { readConverseError } from "./provider-errors.ts";
import { converseService } from "./service.ts";
import { usageFromConverse } from "./usage.ts";

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
