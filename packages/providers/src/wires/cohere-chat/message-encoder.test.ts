import assert from "node:assert/strict";
import { test } from "node:test";
import type { ChatMessage } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { request } from "../../testing/chat-streams.ts";
import { type Golden, says, testGoldens, textPart } from "../../testing/request-goldens.ts";
import { cohereProvider } from "./provider.ts";

const CALL = {
  type: "tool-call",
  id: "c1",
  name: "read_gauge",
  argumentsJson: '{"a":1}',
  extra: NO_EXTRA,
} as const;

const GOLDENS: readonly Golden[] = [
  {
    name: "system messages first are one, a later one keeps its place",
    request: {
      messages: [
        says("system", "Be short."),
        says("developer", "Metric."),
        says("user", "Hi"),
        says("system", "Now!"),
      ],
    },
    body: {
      messages: [
        {
          role: "system",
          content: [
            { type: "text", text: "Be short." },
            { type: "text", text: "Metric." },
          ],
        },
        { role: "user", content: "Hi" },
        { role: "user", content: "<system>\nNow!\n</system>" },
      ],
    },
  },
  {
    name: "nothing but a system message is the user's",
    request: { messages: [says("system", "Say hello.")] },
    body: { messages: [{ role: "user", content: "Say hello." }] },
  },
  {
    name: "pictures by URL and inline, and a file of text",
    request: {
      messages: [
        {
          role: "user",
          parts: [
            textPart("Look:"),
            {
              type: "image",
              source: { kind: "url", url: "https://a.example/w.png" },
              detail: "low",
              extra: NO_EXTRA,
            },
            {
              type: "image",
              source: { kind: "base64", mediaType: "image/png", data: "iVBO" },
              extra: NO_EXTRA,
            },
            {
              type: "file",
              source: {
                kind: "base64",
                mediaType: "text/plain",
                data: Buffer.from("3 m³/s").toString("base64"),
              },
              fileName: "gauge.txt",
              extra: NO_EXTRA,
            },
          ],
          extra: NO_EXTRA,
        },
      ],
    },
    body: {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "Look:" },
            { type: "image_url", image_url: { url: "https://a.example/w.png", detail: "low" } },
            { type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } },
            { type: "text", text: "gauge.txt:\n3 m³/s" },
          ],
        },
      ],
    },
  },
  {
    name: "a turn with calls, their results, an error and a picture among them",
    request: {
      messages: [
        says("user", "Hi"),
        {
          role: "assistant",
          parts: [
            { type: "thinking", text: "I look.", extra: NO_EXTRA },
            textPart("One moment."),
            CALL,
            { ...CALL, id: "c2", argumentsJson: "" },
          ],
          extra: NO_EXTRA,
        },
        {
          role: "tool",
          parts: [
            {
              type: "tool-result",
              callId: "c1",
              parts: [textPart("3"), textPart("m³/s")],
              isError: false,
              extra: NO_EXTRA,
            },
            {
              type: "tool-result",
              callId: "c2",
              parts: [
                textPart("no gauge"),
                {
                  type: "image",
                  source: { kind: "base64", mediaType: "image/png", data: "iVBO" },
                  extra: NO_EXTRA,
                },
              ],
              isError: true,
              extra: NO_EXTRA,
            },
            { type: "tool-result", callId: "c3", parts: [], isError: false, extra: NO_EXTRA },
          ],
          extra: NO_EXTRA,
        },
      ],
    },
    body: {
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          tool_plan: "I look.\nOne moment.",
          tool_calls: [
            { id: "c1", type: "function", function: { name: "read_gauge", arguments: '{"a":1}' } },
            { id: "c2", type: "function", function: { name: "read_gauge", arguments: "{}" } },
          ],
        },
        { role: "tool", tool_call_id: "c1", content: "3\nm³/s" },
        { role: "tool", tool_call_id: "c2", content: '{"error":"no gauge"}' },
        { role: "tool", tool_call_id: "c3", content: "{}" },
        { role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,iVBO" } }] },
      ],
    },
  },
  {
    name: "an answer without calls is without its thoughts",
    request: {
      messages: [
        says("user", "Hi"),
        {
          role: "assistant",
          parts: [
            {
              type: "thinking",
              text: "Hm.",
              signature: { signer: "anthropic", value: "s" },
              extra: NO_EXTRA,
            },
            textPart("Hello."),
            { type: "refusal", text: "No." },
            { type: "opaque", wire: "anthropic-messages", raw: { type: "server_tool_use" } },
          ],
          extra: { audio: { id: "a" } },
        },
        says("assistant", ""),
      ],
    },
    body: {
      messages: [
        { role: "user", content: "Hi" },
        {
          role: "assistant",
          content: [
            { type: "text", text: "Hello." },
            { type: "text", text: "No." },
          ],
        },
      ],
    },
    lost: ["messages[].audio", "messages[].content[].server_tool_use"],
  },
];

testGoldens({
  title: "Cohere messages",
  codec: cohereProvider,
  target: { model: "command-a-03-2025", stream: false },
  plain: { model: "command-a-03-2025", messages: [], stream: false },
  goldens: GOLDENS,
});

const REFUSED: readonly (readonly [
  string,
  Extract<ChatMessage, { role: "user" }>["parts"][number],
  string,
])[] = [
  ["sound", { type: "audio", source: { kind: "file-id", id: "a" }, extra: NO_EXTRA }, "audio"],
  ["a picture by its id", { type: "image", source: { kind: "file-id", id: "a" }, extra: NO_EXTRA }, "image"],
  [
    "a PDF",
    { type: "file", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" }, extra: NO_EXTRA },
    "file",
  ],
];
for (const [name, part, kind] of REFUSED)
  test(`Cohere messages: ${name} is refused, for left out it would change the answer`, () => {
    const messages: readonly ChatMessage[] = [{ role: "user", parts: [part], extra: NO_EXTRA }];
    assert.throws(
      () => cohereProvider.encodeRequest(request({ messages }), { model: "command", stream: false }),
      (error) =>
        error instanceof GatewayError &&
        error.code === "invalid_field" &&
        error.param === `messages[].content[].${kind}`,
    );
  });
