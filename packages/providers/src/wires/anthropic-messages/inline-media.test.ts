import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatRequest } from "@headrace/core/canonical/chat";
import { type MediaSource, NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { ANTHROPIC_API, type AnthropicDialect, BEDROCK_INVOKE, VERTEX_CLAUDE } from "./dialect.ts";
import { encodeAnthropicRequest } from "./request-encoder.ts";
import { request } from "./testing.ts";

const INLINE: MediaSource = { kind: "base64", mediaType: "image/png", data: "AAAA" };
const LINKED: MediaSource = { kind: "url", url: "https://gauges.example/weir.png" };
const UPLOADED: MediaSource = { kind: "file-id", id: "file_1" };

function shows(source: MediaSource): ChatRequest {
  return request({
    messages: [{ role: "user", parts: [{ type: "image", source, extra: NO_EXTRA }], extra: NO_EXTRA }],
  });
}

function finds(source: MediaSource): ChatRequest {
  const image = { type: "file", source, extra: NO_EXTRA } as const;
  return request({
    messages: [
      {
        role: "tool",
        parts: [{ type: "tool-result", callId: "call_1", parts: [image], isError: false, extra: NO_EXTRA }],
        extra: NO_EXTRA,
      },
    ],
  });
}

function encode(chat: ChatRequest, dialect: AnthropicDialect): void {
  encodeAnthropicRequest(chat, { model: "claude-sonnet-4-5", stream: false }, dialect);
}

const CASES = [
  ["a linked image", shows(LINKED), "messages[].content[].image"],
  ["an uploaded image", shows(UPLOADED), "messages[].content[].image"],
  ["a linked file in a tool's result", finds(LINKED), "messages[].content[].file"],
] as const;

for (const [name, chat, param] of CASES) {
  test(`Claude on a cloud is not shown ${name}`, () => {
    encode(chat, ANTHROPIC_API);
    for (const dialect of [VERTEX_CLAUDE, BEDROCK_INVOKE]) {
      assert.throws(
        () => encode(chat, dialect),
        (error) => error instanceof GatewayError && error.code === "invalid_field" && error.param === param,
      );
    }
  });
}

test("Claude on a cloud is shown what is in the request", () => {
  for (const dialect of [VERTEX_CLAUDE, BEDROCK_INVOKE]) {
    encode(shows(INLINE), dialect);
    encode(finds(INLINE), dialect);
  }
});
