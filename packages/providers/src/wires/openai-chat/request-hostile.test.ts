/** Whatever a client sends, it is understood or refused, and what is understood can be asked of every provider. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import fc from "fast-check";
import { seed } from "../../testing/chat-streams.ts";
import { openAiChatClient } from "./client.ts";
import * as dialects from "./dialects.ts";
import { openAiChatProvider } from "./provider.ts";

const NAMES = [
  ...["type", "role", "content", "text", "id", "name", "image_url", "url", "detail", "input_audio", "data"],
  ...["format", "file", "file_id", "file_data", "filename", "refusal", "tool_calls", "function", "arguments"],
  ...["custom", "input", "tool_call_id", "function_call", "reasoning_content", "reasoning_details"],
  ...["thinking_blocks", "signature", "cache_control", "ttl", "index", "parameters", "strict", "effort"],
  ...["allowed_tools", "mode", "tools", "schema", "json_schema", "budget_tokens", "__proto__", "constructor"],
];
const FIELDS = [
  ...["tools", "tool_choice", "functions", "function_call", "response_format", "reasoning_effort", "stop"],
  ...["reasoning", "thinking", "max_tokens", "max_completion_tokens", "temperature", "n", "logprobs", "seed"],
  ...["stream", "stream_options", "parallel_tool_calls", "logit_bias", "user", "metadata", "__proto__"],
];
const WORDS = [
  ...["system", "developer", "user", "assistant", "tool", "function", "custom", "text", "image_url", "file"],
  ...["input_audio", "thinking", "redacted_thinking", "reasoning.text", "reasoning.encrypted", "json_schema"],
  ...["json_object", "allowed_tools", "auto", "required", "none", "high", "ephemeral", "1h", "wav"],
  ...["", "{}", "{", "call_1__thought__e30", "__thought__", "data:image/png;base64,aaaa", "data:,"],
];

const { value: VALUE } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(...WORDS),
    fc.constantFrom(null, true, 0, -1, 1.5, 1e308),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 5 }),
  ),
}));
const ROLE = fc.constantFrom("system", "developer", "user", "assistant", "tool", "function", "robot");
const MESSAGE = fc
  .tuple(ROLE, fc.dictionary(fc.constantFrom(...NAMES), VALUE, { maxKeys: 6 }))
  .map(([role, fields]) => ({ ...fields, role }));
const BODY = fc
  .tuple(
    fc.dictionary(fc.constantFrom(...FIELDS), VALUE, { maxKeys: 6 }),
    fc.array(MESSAGE, { maxLength: 4 }),
  )
  .map(([fields, messages]) => ({ ...fields, model: "m", messages }));

const PROVIDERS = Object.values(dialects).map((dialect) => openAiChatProvider(dialect));

test(`OpenAI chat: whatever a request is, it is asked of every provider or refused (seed ${seed})`, () => {
  let understood = 0;
  fc.assert(
    fc.property(BODY, (body) => {
      const request = onlyGatewayErrors(() =>
        openAiChatClient.decodeRequest(JSON.parse(JSON.stringify(body)), { model: "m", stream: false }),
      );
      if (request === null) return;
      understood++;
      askEveryProvider(request);
    }),
    { seed, numRuns: 2000 },
  );
  assert.ok(understood > 100, `only ${understood} requests were understood`);
});

function askEveryProvider(request: ChatRequest): void {
  for (const provider of PROVIDERS) {
    const encoded = onlyGatewayErrors(() =>
      provider.encodeRequest(request, { model: "weir", stream: false }),
    );
    if (encoded !== null) assert.equal(JSON.parse(JSON.stringify(encoded.body)).model, "weir");
  }
}

/** Null for what was refused. */
function onlyGatewayErrors<T>(act: () => T): T | null {
  try {
    return act();
  } catch (error) {
    assert.ok(error instanceof GatewayError, String(error));
    return null;
  }
}
