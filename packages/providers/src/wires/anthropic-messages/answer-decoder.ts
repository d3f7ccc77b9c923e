import type { AssistantPart, ChatAnswer } from "@headrace/core/canonical/chat";
import { type Citation, NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { extraOf, listOf, objectOf, textOf } from "../../json/read.ts";
import { isJsonAnswerTool } from "../../translation/json-answer-tool.ts";
import { readCitation } from "./citations.ts";
import { finishFromAnthropic } from "./finish-reasons.ts";
import { readAnthropicError, readStreamError } from "./provider-errors.ts";
import { usageFromAnthropic } from "./usage.ts";

const ANSWER_FIELDS = new Set([
  "id",
  "type",
  "role",
  "model",
  "content",
  "stop_reason",
  "stop_sequence",
  "usage",
]);
const TEXT_FIELDS = new Set(["type", "text", "citations"]);
const THINKING_FIELDS = new Set(["type", "thinking", "signature"]);
const REDACTED_FIELDS = new Set(["type", "data"]);
const TOOL_USE_FIELDS = new Set(["type", "id", "name", "input"]);

type BlockReader = (block: JsonObject) => AssistantPart;

const BLOCK_READERS: ReadonlyMap<unknown, BlockReader> = new Map<unknown, BlockReader>([
  ["text", readText],
  ["thinking", readThinking],
  ["redacted_thinking", readRedacted],
  ["tool_use", readToolUse],
]);

/**
 * Reads a whole answer (Anthropic API reference, "Messages").
 *
 * @throws GatewayError `upstream_invalid_response`, or `upstream_error` for an error inside a 200
 */
export function decodeAnthropicAnswer(body: JsonObject): ChatAnswer {
  const content = listOf(body, "content");
  if (content === undefined) throw notAnAnswer(body);
  const { parts, calls, answeredInJson } = readContent(content);
  const reason = finishFromAnthropic(textOf(body, "stop_reason") ?? "");
  const stopSequence = textOf(body, "stop_sequence");
  return {
    wire: "anthropic-messages",
    id: textOf(body, "id") ?? "",
    model: textOf(body, "model") ?? "",
    createdAtSeconds: null,
    choices: [
      {
        index: 0,
        parts,
        finish: reason === "tool-calls" && answeredInJson && calls === 0 ? "stop" : reason,
        ...(stopSequence === undefined ? {} : { stopSequence }),
        extra: NO_EXTRA,
      },
    ],
    usage: usageFromAnthropic(body.usage),
    extra: extraOf(body, ANSWER_FIELDS),
  };
}

function notAnAnswer(body: JsonObject): GatewayError {
  if (objectOf(body, "error") === undefined) return new GatewayError("upstream_invalid_response");
  const { status } = readStreamError(body);
  const { message } = readAnthropicError(status ?? 502, body);
  return new GatewayError("upstream_error", { message, ...(status === null ? {} : { status }) });
}

interface Content {
  readonly parts: readonly AssistantPart[];
  /** Calls of the client's own tools. */
  readonly calls: number;
  readonly answeredInJson: boolean;
}

function readContent(content: readonly unknown[]): Content {
  const parts: AssistantPart[] = [];
  let calls = 0;
  let answeredInJson = false;
  for (const block of content) {
    if (!isJsonObject(block)) throw new GatewayError("upstream_invalid_response");
    const part = (BLOCK_READERS.get(block.type) ?? readOpaque)(block);
    if (part.type === "tool-call" && isJsonAnswerTool(part.name)) {
      // Only the first: two JSON texts behind each other are none.
      if (!answeredInJson) parts.push({ type: "text", text: part.argumentsJson, extra: NO_EXTRA });
      answeredInJson = true;
    } else {
      if (part.type === "tool-call") calls++;
      parts.push(part);
    }
  }
  return { parts, calls, answeredInJson };
}

function readText(block: JsonObject): AssistantPart {
  const citations = (listOf(block, "citations") ?? [])
    .map(readCitation)
    .filter((citation): citation is Citation => citation !== null);
  return {
    type: "text",
    text: textOf(block, "text") ?? "",
    ...(citations.length === 0 ? {} : { citations }),
    extra: extraOf(block, TEXT_FIELDS),
  };
}

function readThinking(block: JsonObject): AssistantPart {
  const value = textOf(block, "signature") ?? "";
  return {
    type: "thinking",
    text: textOf(block, "thinking") ?? "",
    ...(value === "" ? {} : { signature: { signer: "anthropic", value } }),
    extra: extraOf(block, THINKING_FIELDS),
  };
}

function readRedacted(block: JsonObject): AssistantPart {
  const redacted = { signer: "anthropic", value: textOf(block, "data") ?? "" } as const;
  return { type: "thinking", text: "", redacted, extra: extraOf(block, REDACTED_FIELDS) };
}

function readToolUse(block: JsonObject): AssistantPart {
  return {
    type: "tool-call",
    id: textOf(block, "id") ?? "",
    name: textOf(block, "name") ?? "",
    argumentsJson: JSON.stringify(block.input ?? {}),
    extra: extraOf(block, TOOL_USE_FIELDS),
  };
}

function readOpaque(raw: JsonObject): AssistantPart {
  return { type: "opaque", wire: "anthropic-messages", raw };
}
