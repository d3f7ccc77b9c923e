import assert from "node:assert/strict";
import { test } from "node:test";
import { translationFor } from "../translation/translation-for.ts";
import { bedrock } from "./bedrock.ts";

const PROFILE = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc123";
const PATH = { model: null, stream: false };

test("Bedrock: a profile of the user's own is Claude when its name is followed by that", () => {
  const model = `${PROFILE}#anthropic.claude-opus-4-6-v1`;
  const adapter = bedrock.forModel?.(model);
  assert.ok(adapter !== undefined);
  const service = adapter.services["anthropic-messages"];
  assert.equal(
    service?.path({ model, stream: true, settings: {} }),
    `/model/${encodeURIComponent(PROFILE)}/invoke-with-response-stream`,
  );
  const content = [{ type: "text", text: "Hi", cache_control: { type: "ephemeral" } }];
  const asked = { model: "m", messages: [{ role: "user", content }], reasoning_effort: "high" };
  const target = { model, stream: true };
  const { body, lost } = translationFor("chat", adapter)?.encodeRequest(asked, PATH, target) ?? {};
  assert.deepEqual(body?.messages, [{ role: "user", content }]);
  assert.deepEqual(body?.output_config, { effort: "high" });
  assert.deepEqual(lost, []);
});

test("Bedrock: what does not tell is asked by Converse", () => {
  assert.equal(bedrock.forModel?.(PROFILE), bedrock);
  assert.equal(bedrock.forModel?.(`${PROFILE}#amazon.nova-pro-v1:0`), bedrock);
});
