import assert from "node:assert/strict";
import { test } from "node:test";
import { azureOpenAi } from "./azure-openai.ts";

for (const [deployment, renamed] of [
  ["gpt-5-eu", [{ from: "max_tokens", to: "max_completion_tokens" }]],
  ["team-o3", [{ from: "max_tokens", to: "max_completion_tokens" }]],
  ["gpt-4.1", undefined],
  ["gpt-oss-120b", undefined],
  ["production", undefined],
] as const) {
  test(`Azure: what bounds the answer of the deployment ${deployment}`, () => {
    const service = azureOpenAi.forModel?.(deployment).services["openai-chat"];
    assert.deepEqual(service?.edits.renamed, renamed);
    const settings = { apiVersion: "2026-01-01" };
    assert.equal(
      service?.path({ model: deployment, stream: false, settings }),
      `/deployments/${deployment}/chat/completions?api-version=2026-01-01`,
    );
  });
}

test("Azure: a session names its deployment, unless it is one to transcribe that names it in its events", () => {
  const path = (model: string, apiVersion?: string): string | undefined => {
    const settings = apiVersion === undefined ? {} : { apiVersion };
    return azureOpenAi.services["openai-realtime"]?.path({ model, stream: false, settings });
  };
  const dated = "/realtime?api-version=2025-04-01-preview";
  assert.equal(path("gpt realtime", "2025-04-01-preview"), `${dated}&deployment=gpt%20realtime`);
  assert.equal(path("", "2025-04-01-preview"), dated);
  assert.deepEqual([path("gpt-realtime"), path("")], ["/v1/realtime", "/v1/realtime"]);
});
