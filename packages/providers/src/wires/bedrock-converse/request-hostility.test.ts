/** What clients may send that no SDK would, and what comes back from them in places that they know nothing of. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import fc from "fast-check";
import { converseClient } from "./client.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

function decode(body: JsonObject): ChatRequest {
  return converseClient.decodeRequest(body, { model: "weir", stream: false });
}

test("converse request: of anything at all, nothing but a refusal comes", () => {
  const names = ["messages", "role", "content", "text", "toolUse", "toolResult", "source", "bytes", "system"];
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 6 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.constantFrom("user", "assistant", "__proto__"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names, "image", "document", "reasoningContent"), tie("value")),
    ),
  })).value;
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom("messages", "system", "toolConfig", "inferenceConfig", "outputConfig"),
        value,
      ),
      (body) => {
        try {
          decode(body);
        } catch (error) {
          assert.ok(error instanceof GatewayError, String(error));
        }
      },
    ),
    { seed, numRuns: 1000 },
  );
});

test("converse request: another provider's proofs come back to it, and hidden thinking survives base64", () => {
  const answer = {
    wire: "gemini-generate",
    id: "",
    model: "",
    createdAtSeconds: null,
    usage: null,
    extra: {},
    choices: [
      {
        index: 0,
        parts: [
          { type: "thinking", text: "", redacted: { signer: "anthropic", value: "not base64!" }, extra: {} },
          { type: "thinking", text: "Hm.", signature: { signer: "openai", value: "o" }, extra: {} },
          {
            type: "tool-call",
            id: "call_0",
            name: "gauge",
            argumentsJson: "{}",
            extra: {},
            signature: { signer: "gemini", value: "g" },
          },
        ],
        finish: "tool-calls",
        extra: {},
      },
    ],
  } as const;
  const call = { requestId: "r", model: "m", createdAtSeconds: 0, includeUsage: true, echo: undefined };
  const body = converseClient.encodeAnswer(answer, call);
  const { output } = JSON.parse(JSON.stringify(body));
  const hidden = output.message.content[0].reasoningContent.redactedContent;
  assert.equal(Buffer.from(hidden, "base64").toString("base64"), hidden);
  const [message] = decode({ messages: [output.message] }).messages;
  assert.deepEqual(message?.parts, answer.choices[0].parts);
});
