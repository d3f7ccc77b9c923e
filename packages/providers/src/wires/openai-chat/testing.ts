/** Requests that the tests of this wire's providers share, and what is written of them. */
import type { ChatMessage } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { JsonObject } from "@headrace/core/json-object";
import { type Golden, says, testGoldens, textPart } from "../../testing/request-goldens.ts";
import type { OpenAiChatDialect } from "./dialect.ts";
import { openAiChatProvider } from "./provider.ts";

export const HI: JsonObject = { role: "user", content: "Hi" };
export const SCHEMA: JsonObject = { type: "object", properties: { m: { type: "number" } } };
export const written = (name: string, more: JsonObject = {}): JsonObject => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: {} }, ...more },
});

export interface Subject {
  readonly dialect: Partial<OpenAiChatDialect>;
  readonly model?: string;
}

export function goldens(title: string, { dialect, model = "weir" }: Subject, table: readonly Golden[]): void {
  testGoldens({
    title,
    codec: openAiChatProvider(dialect),
    target: { model, stream: false },
    plain: { model, messages: [HI] },
    goldens: table,
  });
}

export const LOOP: readonly ChatMessage[] = [
  says("user", "Level?"),
  {
    role: "assistant",
    parts: [
      { type: "thinking", text: "Look.", signature: { signer: "anthropic", value: "s" }, extra: NO_EXTRA },
      textPart("I look."),
      {
        type: "tool-call",
        id: "toolu_01",
        name: "read_gauge",
        argumentsJson: "",
        signature: { signer: "gemini", value: "g" },
        extra: NO_EXTRA,
      },
    ],
    extra: NO_EXTRA,
  },
  {
    role: "tool",
    parts: [
      {
        type: "tool-result",
        callId: "toolu_01",
        parts: [
          textPart("3 m"),
          {
            type: "image",
            source: { kind: "base64", mediaType: "image/png", data: "AAAA" },
            extra: NO_EXTRA,
          },
        ],
        isError: false,
        extra: NO_EXTRA,
      },
      { type: "tool-result", callId: "toolu_02", parts: [textPart("gone")], isError: true, extra: NO_EXTRA },
    ],
    extra: NO_EXTRA,
  },
];

export const loop = (assistant: JsonObject, id = "toolu_01", other = "toolu_02"): readonly JsonObject[] => [
  { role: "user", content: "Level?" },
  {
    role: "assistant",
    content: "I look.",
    ...assistant,
    tool_calls: [{ id, type: "function", function: { name: "read_gauge", arguments: "{}" } }],
  },
  { role: "tool", tool_call_id: id, content: "3 m" },
  { role: "tool", tool_call_id: other, content: '{"error":"gone"}' },
  {
    role: "user",
    content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }],
  },
];
