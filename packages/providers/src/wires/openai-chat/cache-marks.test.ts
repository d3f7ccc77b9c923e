/** Marks for the prompt cache, for those that take them, and for those that do not. */
import type { ChatMessage } from "@headrace/core/canonical/chat";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { functionTool, says, textPart } from "../../testing/request-goldens.ts";
import * as dialects from "./dialects.ts";
import { goldens, HI, written } from "./testing.ts";

const MARKED: ChatMessage[] = [
  { role: "system", parts: [{ ...textPart("S"), cache: { ttl: "1h" } }], extra: NO_EXTRA },
  {
    role: "assistant",
    parts: [
      { type: "tool-call", id: "c1", name: "f", argumentsJson: "{}", cache: { ttl: "5m" }, extra: NO_EXTRA },
      { type: "tool-call", id: "c2", name: "f", argumentsJson: "{}", extra: NO_EXTRA },
    ],
    extra: NO_EXTRA,
  },
  {
    role: "tool",
    parts: [
      {
        type: "tool-result",
        callId: "c1",
        parts: [textPart("wet")],
        isError: false,
        cache: { ttl: "5m" },
        extra: NO_EXTRA,
      },
      {
        type: "tool-result",
        callId: "c2",
        parts: [{ ...textPart("no"), cache: { ttl: "5m" } }, textPart("gauge")],
        isError: true,
        extra: NO_EXTRA,
      },
    ],
    extra: NO_EXTRA,
  },
];
const CALLS = {
  role: "assistant",
  content: null,
  tool_calls: ["c1", "c2"].map((id) => ({ id, type: "function", function: { name: "f", arguments: "{}" } })),
};
const FAILED = JSON.stringify({ error: "no\ngauge" });
const marked = (text: string) => [{ type: "text", text, cache_control: { type: "ephemeral" } }];
const MARKED_ON_PARTS = [
  { role: "system", content: marked("S") },
  CALLS,
  { role: "tool", tool_call_id: "c1", content: marked("wet") },
  { role: "tool", tool_call_id: "c2", content: marked(FAILED) },
];
const NO_MARKS = [
  { role: "system", content: "S" },
  CALLS,
  { role: "tool", tool_call_id: "c1", content: "wet" },
  { role: "tool", tool_call_id: "c2", content: FAILED },
];
const LOST_MARKS = ["messages[].content[].cache_control"];

goldens("Qwen", { dialect: dialects.QWEN, model: "qwen3-coder-plus" }, [
  {
    name: "marks for the cache stand on parts and live for five minutes; a call has no place for one",
    request: { messages: MARKED },
    body: { messages: MARKED_ON_PARTS },
    lost: LOST_MARKS,
  },
]);

goldens("Databricks, Claude", { dialect: dialects.DATABRICKS, model: "databricks-claude-sonnet-4-5" }, [
  {
    name: "marks for the cache are taken",
    request: { messages: MARKED },
    body: { messages: MARKED_ON_PARTS },
    lost: LOST_MARKS,
  },
]);

goldens("Databricks, others", { dialect: dialects.DATABRICKS, model: "databricks-gpt-oss-120b" }, [
  {
    name: "marks for the cache are not, and are named",
    request: { messages: MARKED },
    body: { messages: NO_MARKS },
    lost: LOST_MARKS,
  },
]);

goldens("any server", { dialect: {}, model: "m" }, [
  {
    name: "marks are named, of tools too",
    request: {
      messages: [...MARKED, says("user", "Hi")],
      tools: [{ ...functionTool("f"), cache: { ttl: "5m" } }],
    },
    body: { messages: [...NO_MARKS, HI], tools: [written("f")] },
    lost: [...LOST_MARKS, "tools[].cache_control"],
  },
]);
