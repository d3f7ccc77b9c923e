import assert from "node:assert/strict";
import { test } from "node:test";
import { packToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatMessage } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { decodeInput } from "./input-decoder.ts";

const text = (words: string) => ({ type: "text", text: words, extra: NO_EXTRA }) as const;
const decode = (...input: readonly unknown[]): readonly ChatMessage[] => decodeInput({ input });
const CALL = { type: "function_call", id: "fc_1", call_id: "call_1", name: "f", arguments: '{"a":1}' };
const SIGNATURE = { signer: "anthropic", value: "c2ln" } as const;

test("Responses input: an agent's turn is one message, and so are the results of its calls", () => {
  const messages = decode(
    { role: "user", content: "Go." },
    {
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "Hm." }],
      encrypted_content: "gAAA",
    },
    {
      type: "message",
      id: "msg_1",
      role: "assistant",
      status: "completed",
      phase: "commentary",
      content: [{ type: "output_text", text: "Looking.", annotations: [] }],
    },
    CALL,
    { type: "custom_tool_call", call_id: "call_2", name: "edit", input: "*** Begin" },
    { type: "function_call_output", call_id: "call_1", output: "one" },
    {
      type: "custom_tool_call_output",
      call_id: "call_2",
      output: [
        { type: "input_text", text: "two" },
        { type: "input_image", image_url: "data:image/png;base64,aaaa" },
      ],
    },
    { type: "message", role: "developer", content: "Now stop." },
  );
  assert.deepEqual(messages, [
    { role: "user", parts: [text("Go.")], extra: NO_EXTRA },
    {
      role: "assistant",
      parts: [
        { type: "thinking", text: "Hm.", signature: { signer: "openai", value: "gAAA" }, extra: NO_EXTRA },
        { type: "text", text: "Looking.", extra: { phase: "commentary" } },
        { type: "tool-call", id: "call_1", name: "f", argumentsJson: '{"a":1}', extra: NO_EXTRA },
        {
          type: "tool-call",
          id: "call_2",
          name: "edit",
          argumentsJson: '{"input":"*** Begin"}',
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
          callId: "call_1",
          name: "f",
          parts: [text("one")],
          isError: false,
          extra: NO_EXTRA,
        },
        {
          type: "tool-result",
          callId: "call_2",
          name: "edit",
          parts: [
            text("two"),
            {
              type: "image",
              source: { kind: "base64", mediaType: "image/png", data: "aaaa" },
              extra: NO_EXTRA,
            },
          ],
          isError: false,
          extra: NO_EXTRA,
        },
      ],
      extra: NO_EXTRA,
    },
    { role: "developer", parts: [text("Now stop.")], extra: NO_EXTRA },
  ]);
});

test("Responses input: images, files and audio of every source", () => {
  const [message] = decode({
    role: "user",
    content: [
      { type: "input_image", image_url: "https://a.example/i.png", detail: "high" },
      { type: "input_image", file_id: "file-1", detail: "original" },
      { type: "input_file", file_data: "data:application/pdf;base64,JVBE", filename: "a.pdf" },
      { type: "input_file", file_data: "JVBE" },
      { type: "input_file", file_url: "https://a.example/a.pdf" },
      { type: "input_file", file_id: "file-2", prompt_cache_breakpoint: { mode: "explicit" } },
      { type: "input_audio", input_audio: { format: "wav", data: "UklG" } },
      { type: "input_video", url: "https://a.example/v.mp4" },
    ],
  });
  assert.deepEqual(message?.parts, [
    {
      type: "image",
      source: { kind: "url", url: "https://a.example/i.png" },
      detail: "high",
      extra: NO_EXTRA,
    },
    { type: "image", source: { kind: "file-id", id: "file-1" }, extra: { detail: "original" } },
    {
      type: "file",
      source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" },
      fileName: "a.pdf",
      extra: NO_EXTRA,
    },
    { type: "file", source: { kind: "base64", mediaType: "application/pdf", data: "JVBE" }, extra: NO_EXTRA },
    { type: "file", source: { kind: "url", url: "https://a.example/a.pdf" }, extra: NO_EXTRA },
    { type: "file", source: { kind: "file-id", id: "file-2" }, cache: { ttl: "5m" }, extra: NO_EXTRA },
    { type: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "UklG" }, extra: NO_EXTRA },
    {
      type: "opaque",
      wire: "openai-responses",
      raw: { type: "input_video", url: "https://a.example/v.mp4" },
    },
  ]);
});

test("Responses input: items that only OpenAI knows are kept, on the side that wrote them", () => {
  const search = { type: "web_search_call", id: "ws_1", status: "completed" };
  const output = { type: "computer_call_output", call_id: "c", output: {} };
  const messages = decode(
    search,
    { role: "assistant", content: [{ type: "refusal", refusal: "No." }] },
    output,
  );
  assert.deepEqual(messages, [
    {
      role: "assistant",
      parts: [
        { type: "opaque", wire: "openai-responses", raw: search },
        { type: "refusal", text: "No." },
      ],
      extra: NO_EXTRA,
    },
    { role: "user", parts: [{ type: "opaque", wire: "openai-responses", raw: output }], extra: NO_EXTRA },
  ]);
});

test("Responses input: a call's id brings its proof back, a foreign one in its item too", () => {
  const packed = packToolCallId("call_1", { signature: { signer: "gemini", value: "Z2Vt" } });
  const [assistant, tool] = decode(
    { ...CALL, call_id: packed, arguments: "" },
    { type: "function_call_output", call_id: packed, output: "" },
  );
  assert.deepEqual(assistant?.parts, [
    {
      type: "tool-call",
      id: "call_1",
      name: "f",
      argumentsJson: "{}",
      signature: { signer: "gemini", value: "Z2Vt" },
      extra: NO_EXTRA,
    },
  ]);
  assert.equal(tool?.role === "tool" ? tool.parts[0]?.callId : "", "call_1");
  const encrypted = packToolCallId("", { thinking: [{ text: "All of it.", signature: SIGNATURE }] });
  const [shortened] = decode({
    type: "reasoning",
    summary: [{ type: "summary_text", text: "All…" }],
    encrypted_content: encrypted,
  });
  assert.deepEqual(shortened?.parts, [
    { type: "thinking", text: "All of it.", signature: SIGNATURE, extra: NO_EXTRA },
  ]);
});

test("Responses input: thinking in a call's id comes once, where it was", () => {
  const carried = { text: "Hm.", signature: SIGNATURE };
  const call_id = packToolCallId("call_1", { thinking: [carried] });
  const thinking = { type: "thinking", ...carried, extra: NO_EXTRA };
  const call = { type: "tool-call", id: "call_1", name: "f", argumentsJson: '{"a":1}', extra: NO_EXTRA };
  const shown = { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }] };
  const said = { role: "assistant", content: "Looking." };
  const partsOf = (...input: readonly unknown[]) => decode(...input).flatMap(({ parts }) => [...parts]);
  assert.deepEqual(partsOf({ ...CALL, call_id }), [thinking, call]);
  assert.deepEqual(partsOf(said, { ...CALL, call_id }), [thinking, text("Looking."), call]);
  assert.deepEqual(partsOf(shown, said, { ...CALL, call_id }), [thinking, text("Looking."), call]);
  assert.deepEqual(partsOf(said, shown, { ...CALL, call_id }), [text("Looking."), thinking, call]);
  const proven = { ...shown, encrypted_content: packToolCallId("", { thinking: [carried] }) };
  assert.deepEqual(partsOf(proven, { ...CALL, call_id }), [thinking, call]);
  // Behind the call before it.
  assert.deepEqual(partsOf(CALL, { ...CALL, call_id }), [call, thinking, call]);
});

test("Responses input: the proof of a text goes back to it", () => {
  const signature = { signer: "gemini", value: "Z2Vt" } as const;
  const [message] = decode(
    { role: "assistant", content: "Yes." },
    { type: "reasoning", summary: [], encrypted_content: packToolCallId("", { signature }) },
  );
  assert.deepEqual(message?.parts, [{ ...text("Yes."), signature }]);
});

test("Responses input: a call of a tool in a namespace is by both names", () => {
  const [message] = decode({ ...CALL, namespace: "files" });
  const [part] = message?.parts ?? [];
  assert.equal(part?.type === "tool-call" ? part.name : "", "files__f");
});

test("Responses input: instructions may be items", () => {
  const messages = decodeInput({
    instructions: [{ role: "developer", content: "Be brief." }],
    input: "Hi",
  });
  assert.deepEqual(
    messages.map(({ role }) => role),
    ["developer", "user"],
  );
});
