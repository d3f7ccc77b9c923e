import assert from "node:assert/strict";
import { test } from "node:test";
import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatMessage } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { encodeForClaude as encode } from "./testing.ts";

const say = (text: string) => ({ type: "text", text, extra: NO_EXTRA }) as const;
const user = (...texts: readonly string[]): ChatMessage => ({
  role: "user",
  parts: texts.map(say),
  extra: NO_EXTRA,
});
const system = (text: string, role: "system" | "developer" = "system"): ChatMessage => ({
  role,
  parts: [say(text)],
  extra: NO_EXTRA,
});
const block = (text: string) => ({ type: "text", text });

interface TurnCase {
  readonly name: string;
  readonly messages: readonly ChatMessage[];
  readonly system?: readonly JsonObject[];
  readonly turns: readonly JsonObject[];
  readonly lost?: readonly string[];
}

const call = (id: string, argumentsJson = "{}") =>
  ({ type: "tool-call", id, name: "f", argumentsJson, extra: NO_EXTRA }) as const;
const result = (callId: string, text: string, isError = false) =>
  ({
    type: "tool-result",
    callId,
    name: "f",
    parts: text === "" ? [] : [say(text)],
    isError,
    extra: NO_EXTRA,
  }) as const;

const PNG = { kind: "base64", mediaType: "image/png", data: "iVBORw0KGgo=" } as const;

const TURNS: readonly TurnCase[] = [
  {
    name: "system and developer messages at the head, each a block",
    messages: [system("a"), system("b", "developer"), user("c")],
    system: [block("a"), block("b")],
    turns: [{ role: "user", content: [block("c")] }],
  },
  {
    name: "a later one stays where it stood, as the user's, marked",
    messages: [user("a"), { role: "assistant", parts: [say("b")], extra: NO_EXTRA }, system("c"), user("d")],
    turns: [
      { role: "user", content: [block("a")] },
      { role: "assistant", content: [block("b")] },
      { role: "user", content: [block("<system>\nc\n</system>"), block("d")] },
    ],
  },
  {
    name: "nothing but system messages: the last one is the user's",
    messages: [system("a"), system("b")],
    system: [block("a")],
    turns: [{ role: "user", content: [block("b")] }],
  },
  {
    name: "consecutive turns of a role become one, blocks without text are left out",
    messages: [user("a", " \n"), user(""), user("b")],
    turns: [{ role: "user", content: [block("a"), block("b")] }],
  },
  {
    name: "a prefill loses its last blanks",
    messages: [user("a"), { role: "assistant", parts: [say("b: \n")], extra: NO_EXTRA }],
    turns: [
      { role: "user", content: [block("a")] },
      { role: "assistant", content: [block("b:")] },
    ],
  },
  {
    name: "results come first in the user's turn, also before what a system message says there",
    messages: [
      user("a"),
      { role: "assistant", parts: [call("1"), call("2", '{"x":[1]}'), call("3", "oops")], extra: NO_EXTRA },
      system("s"),
      { role: "tool", parts: [result("1", "one"), result("2", "", true)], extra: NO_EXTRA },
      { role: "tool", parts: [result("3", "three")], extra: NO_EXTRA },
      user("b"),
    ],
    turns: [
      { role: "user", content: [block("a")] },
      {
        role: "assistant",
        content: [
          { type: "tool_use", id: "1", name: "f", input: {} },
          { type: "tool_use", id: "2", name: "f", input: { x: [1] } },
          { type: "tool_use", id: "3", name: "f", input: { arguments: "oops" } },
        ],
      },
      {
        role: "user",
        content: [
          { type: "tool_result", tool_use_id: "1", content: [block("one")] },
          { type: "tool_result", tool_use_id: "2", is_error: true },
          { type: "tool_result", tool_use_id: "3", content: [block("three")] },
          block("<system>\ns\n</system>"),
          block("b"),
        ],
      },
    ],
  },
  {
    name: "ids that Anthropic refuses are written in letters that it takes, alike for call and result",
    messages: [
      { role: "assistant", parts: [call("functions.f:0")], extra: NO_EXTRA },
      { role: "tool", parts: [result("functions.f:0", "one")], extra: NO_EXTRA },
    ],
    turns: [
      {
        role: "assistant",
        content: [{ type: "tool_use", id: "call_ZnVuY3Rpb25zLmY6MA", name: "f", input: {} }],
      },
      {
        role: "user",
        content: [{ type: "tool_result", tool_use_id: "call_ZnVuY3Rpb25zLmY6MA", content: [block("one")] }],
      },
    ],
  },
  {
    name: "thinking goes back only where Anthropic signed it",
    messages: [
      {
        role: "assistant",
        parts: [
          { type: "thinking", text: "a", signature: { signer: "anthropic", value: "c2ln" }, extra: NO_EXTRA },
          { type: "thinking", text: "", redacted: { signer: "anthropic", value: "aGlk" }, extra: NO_EXTRA },
          { type: "thinking", text: "b", signature: { signer: "gemini", value: "R2Vt" }, extra: NO_EXTRA },
          { type: "thinking", text: "", redacted: { signer: "openai", value: "T0FJ" }, extra: NO_EXTRA },
          { type: "thinking", text: "c", extra: NO_EXTRA },
          { type: "refusal", text: "No." },
          { ...call("1"), signature: { signer: "gemini", value: "R2Vt" } },
        ],
        extra: NO_EXTRA,
      },
    ],
    turns: [
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "a", signature: "c2ln" },
          { type: "redacted_thinking", data: "aGlk" },
          block("No."),
          { type: "tool_use", id: "1", name: "f", input: {} },
        ],
      },
    ],
  },
  {
    name: "pictures, documents and cache marks",
    messages: [
      {
        role: "user",
        parts: [
          { type: "image", source: PNG, cache: { ttl: "5m" }, extra: NO_EXTRA },
          {
            type: "image",
            source: { kind: "url", url: "https://example.org/a.png" },
            detail: "auto",
            extra: {},
          },
          {
            type: "file",
            source: { kind: "base64", mediaType: "application/pdf", data: "JVBERi0=" },
            fileName: "a.pdf",
            cache: { ttl: "1h" },
            extra: {},
          },
          { type: "file", source: { kind: "base64", mediaType: "text/markdown", data: "w4Q=" }, extra: {} },
          { type: "text", text: "a", cache: { ttl: "1h" }, extra: {} },
        ],
        extra: NO_EXTRA,
      },
    ],
    turns: [
      {
        role: "user",
        content: [
          {
            type: "image",
            source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" },
            cache_control: { type: "ephemeral" },
          },
          { type: "image", source: { type: "url", url: "https://example.org/a.png" } },
          {
            type: "document",
            source: { type: "base64", media_type: "application/pdf", data: "JVBERi0=" },
            title: "a.pdf",
            cache_control: { type: "ephemeral", ttl: "1h" },
          },
          { type: "document", source: { type: "text", media_type: "text/plain", data: "Ä" } },
          { type: "text", text: "a", cache_control: { type: "ephemeral", ttl: "1h" } },
        ],
      },
    ],
  },
  {
    name: "what only the client's wire knows is named as lost",
    messages: [
      {
        role: "user",
        parts: [
          { type: "image", source: PNG, detail: "low", extra: { zoom: 2 } },
          { type: "opaque", wire: "openai-chat", raw: { type: "video_url" } },
          { ...say("a"), extra: { prefix: true } },
        ],
        extra: { name: "ada" },
      },
    ],
    turns: [
      {
        role: "user",
        content: [
          { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
          block("a"),
        ],
      },
    ],
    lost: [
      "messages[].name",
      "messages[].content[].detail",
      "messages[].content[].zoom",
      "messages[].content[].video_url",
      "messages[].content[].prefix",
    ],
  },
];

for (const { name, messages, system, turns, lost } of TURNS) {
  test(`Anthropic request: ${name}`, () => {
    const encoded = encode({ messages });
    assert.deepEqual(encoded.body.messages, turns);
    assert.deepEqual(encoded.body.system, system);
    assert.deepEqual(encoded.lost, lost ?? []);
  });
}

test("Anthropic request: a file of Anthropic's own needs its beta", () => {
  const part = { type: "file", source: { kind: "file-id", id: "file_1" }, extra: NO_EXTRA } as const;
  const { body, headers } = encode({ messages: [{ role: "user", parts: [part], extra: NO_EXTRA }] });
  assert.deepEqual(headers, ["anthropic-beta", "files-api-2025-04-14"]);
  assert.deepEqual(body.messages, [
    { role: "user", content: [{ type: "document", source: { type: "file", file_id: "file_1" } }] },
  ]);
});

test("Anthropic request: sound is refused rather than left out", () => {
  const source = { kind: "base64", mediaType: "audio/wav", data: "UklGRg==" } as const;
  const parts = [{ type: "audio", source, extra: NO_EXTRA } as const];
  assert.throws(
    () => encode({ messages: [{ role: "user", parts, extra: NO_EXTRA }] }),
    (error) =>
      error instanceof GatewayError &&
      error.code === "invalid_field" &&
      error.param === "messages[].content[].audio",
  );
});

test("Anthropic request: an id that still carries state is an id like any other here", () => {
  const id = packToolCallId("call_1", { signature: { signer: "gemini", value: "R2Vt" } });
  const { body } = encode({ messages: [{ role: "assistant", parts: [call(id)], extra: NO_EXTRA }] });
  assert.ok(JSON.stringify(body.messages).includes(id));
});
