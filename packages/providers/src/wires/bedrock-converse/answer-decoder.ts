import type { AssistantPart, ChatAnswer } from "@headrace/core/canonical/chat";
import {
  NO_EXTRA,
  type TextPart,
  type ThinkingPart,
  type ToolCallPart,
} from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { extraOf, listOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { isJsonAnswerTool } from "../../translation/json-answer-tool.ts";
import { imageSource, isServerToolUse } from "./answer-blocks.ts";
import { readCitation } from "./citations.ts";
import { finishFromConverse } from "./finish-reasons.ts";
import { stopSequenceOf } from "./stop-sequence.ts";
import { usageFromConverse } from "./usage.ts";

const ANSWER_FIELDS = new Set(["output", "stopReason", "usage", "metrics", "additionalModelResponseFields"]);

/**
 * Reads a whole answer (Bedrock API reference, "Converse").
 *
 * @throws GatewayError `upstream_invalid_response`
 */
export function decodeConverseAnswer(body: JsonObject): ChatAnswer {
  const message = objectOf(objectOf(body, "output") ?? {}, "message");
  const content = message === undefined ? undefined : listOf(message, "content");
  if (content === undefined) throw new GatewayError("upstream_invalid_response");
  const { parts, calls, answeredInJson } = readContent(content);
  const stopSequence = stopSequenceOf(body);
  return {
    wire: "bedrock-converse",
    id: "",
    model: "",
    createdAtSeconds: null,
    choices: [
      {
        index: 0,
        parts,
        finish: finishFromConverse(textOf(body, "stopReason") ?? "", { calls, answeredInJson }),
        ...(stopSequence === undefined ? {} : { stopSequence }),
        extra: NO_EXTRA,
      },
    ],
    usage: usageFromConverse(body.usage),
    extra: extraOf(body, ANSWER_FIELDS),
  };
}

interface Content {
  readonly parts: readonly AssistantPart[];
  readonly calls: number;
  readonly answeredInJson: boolean;
}

function readContent(content: readonly unknown[]): Content {
  const parts: AssistantPart[] = [];
  let calls = 0;
  let answeredInJson = false;
  for (const block of content) {
    if (!isJsonObject(block)) throw new GatewayError("upstream_invalid_response");
    const part = readBlock(block, calls);
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

/** A block has one member, whose name is its kind. */
function readBlock(block: JsonObject, calls: number): AssistantPart {
  const text = textOf(block, "text");
  if (text !== undefined) return { type: "text", text, extra: NO_EXTRA };
  const toolUse = objectOf(block, "toolUse");
  if (toolUse !== undefined && !isServerToolUse(toolUse)) return readToolUse(toolUse, calls);
  const reasoning = objectOf(block, "reasoningContent");
  if (reasoning !== undefined) return readReasoning(reasoning);
  const cited = objectOf(block, "citationsContent");
  if (cited !== undefined) return readCited(cited);
  const image = objectOf(block, "image");
  const data = image === undefined ? undefined : textOf(objectOf(image, "source") ?? {}, "bytes");
  if (image !== undefined && data !== undefined)
    return { type: "image", source: imageSource(textOf(image, "format") ?? "", data), extra: NO_EXTRA };
  return { type: "opaque", wire: "bedrock-converse", raw: block };
}

function readToolUse(toolUse: JsonObject, calls: number): ToolCallPart {
  return {
    type: "tool-call",
    id: textOf(toolUse, "toolUseId") || `call_${calls}`,
    name: textOf(toolUse, "name") ?? "",
    argumentsJson: argumentsOf(toolUse.input),
    extra: NO_EXTRA,
  };
}

/** Some models give "" or nothing for a call without arguments. */
function argumentsOf(input: unknown): string {
  if (input === undefined || input === null || input === "") return "{}";
  return typeof input === "string" ? input : JSON.stringify(input);
}

/** Only Anthropic's models sign what they think, and only they hide it. */
function readReasoning(reasoning: JsonObject): ThinkingPart {
  const redacted = textOf(reasoning, "redactedContent");
  if (redacted !== undefined)
    return {
      type: "thinking",
      text: "",
      redacted: { signer: "anthropic", value: redacted },
      extra: NO_EXTRA,
    };
  const shown = objectOf(reasoning, "reasoningText") ?? {};
  const value = textOf(shown, "signature") ?? "";
  return {
    type: "thinking",
    text: textOf(shown, "text") ?? "",
    ...(value === "" ? {} : { signature: { signer: "anthropic", value } }),
    extra: NO_EXTRA,
  };
}

function readCited(cited: JsonObject): TextPart {
  const citations = objectsOf(cited, "citations")
    .map(readCitation)
    .filter((citation) => citation !== null);
  return {
    type: "text",
    text: objectsOf(cited, "content")
      .map((piece) => textOf(piece, "text") ?? "")
      .join(""),
    ...(citations.length === 0 ? {} : { citations }),
    extra: NO_EXTRA,
  };
}
