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
