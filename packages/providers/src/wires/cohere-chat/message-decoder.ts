/** The turns of a conversation, from a client. Source: Cohere API reference, "Chat", `messages`. */
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatMessage, UserMessage } from "@headrace/core/canonical/chat";
import {
  type ImagePart,
  NO_EXTRA,
  type TextPart,
  type ThinkingPart,
  type ToolCallPart,
  type ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { demandList, demandObject, demandOneOf, demandText, optional } from "../../json/demand.ts";
import { extraOf, textOf } from "../../json/read.ts";
import { parseDataUrl } from "../../media/data-url.ts";

const ROLES = ["system", "user", "assistant", "tool"] as const;
const MESSAGE_FIELDS: ReadonlySet<string> = new Set(["role", "content"]);
/** What the citations of an answer were about, its next reader need not know. */
const ASSISTANT_FIELDS: ReadonlySet<string> = new Set([
  ...["role", "content", "tool_plan", "tool_calls", "citations"],
]);
const TOOL_FIELDS: ReadonlySet<string> = new Set(["role", "content", "tool_call_id"]);
const TEXT_FIELDS: ReadonlySet<string> = new Set(["type", "text"]);
const IMAGE_FIELDS: ReadonlySet<string> = new Set(["type", "image_url"]);

/** A block and where it stands, such as `messages[0].content[1]`. */
interface Placed {
  readonly block: JsonObject;
  readonly path: string;
}

type UserPart = UserMessage["parts"][number];

/** @throws GatewayError `missing_field`, `invalid_field` */
export function decodeMessages(raw: unknown): readonly ChatMessage[] {
  const reader = new ConversationReader();
  for (const [position, value] of demandList(raw, "messages").entries()) {
    const path = `messages[${position}]`;
    const message = demandObject(value, path);
    reader.add(message, path);
  }
  return reader.messages;
}

class ConversationReader {
  readonly messages: ChatMessage[] = [];
  /** Names of the calls so far: a result does not repeat its own. */
  readonly #callNames = new Map<string, string>();

  add(message: JsonObject, path: string): void {
    switch (demandOneOf(message.role, `${path}.role`, ROLES)) {
      case "system":
        this.messages.push({
          role: "system",
          parts: readBlocks(message.content, `${path}.content`).map(readText),
          extra: extraOf(message, MESSAGE_FIELDS),
        });
        return;
      case "user":
        this.messages.push({
          role: "user",
          parts: readBlocks(message.content, `${path}.content`).map(readUserPart),
          extra: extraOf(message, MESSAGE_FIELDS),
        });
        return;
      case "assistant":
        this.#addAssistant(message, path);
        return;
      case "tool":
        this.#addResult(message, path);
        return;
    }
  }

  /** The plan is what the model said to its calls, so it stands before them; thinking came before all else. */
  #addAssistant(message: JsonObject, path: string): void {
    const content = optional(message.content, `${path}.content`, readBlocks) ?? [];
    const said = content.map(readAssistantPart);
    const plan = optional(message.tool_plan, `${path}.tool_plan`, demandText) ?? "";
    const calls = optional(message.tool_calls, `${path}.tool_calls`, demandList) ?? [];
    const called = calls.map((call, position) => this.#readCall(call, `${path}.tool_calls[${position}]`));
    const carried = called.some(({ thinking }) => thinking.length > 0);
    this.messages.push({
      role: "assistant",
      parts: [
        ...(called[0]?.thinking ?? []),
        // What came back in the ids is the same thinking, with its proofs.
        ...(carried ? said.filter(({ type }) => type !== "thinking") : said),
        ...(plan === "" ? [] : [textPart(plan)]),
        ...called.flatMap(({ thinking, call }, position) => [...(position === 0 ? [] : thinking), call]),
      ],
      extra: extraOf(message, ASSISTANT_FIELDS),
    });
  }

  #readCall(raw: unknown, path: string): ReadCall {
    const call = demandObject(raw, path);
    const { id, state } = unpackToolCallId(demandText(call.id, `${path}.id`));
    const called = demandObject(call.function, `${path}.function`);
    const name = demandText(called.name, `${path}.function.name`);
    const argumentsJson = optional(called.arguments, `${path}.function.arguments`, demandText) ?? "";
    this.#callNames.set(id, name);
    return {
      thinking: (state.thinking ?? []).map((block) => ({ type: "thinking", ...block, extra: NO_EXTRA })),
      call: {
        type: "tool-call",
        id,
        name,
        argumentsJson: argumentsJson.trim() === "" ? "{}" : argumentsJson,
        ...(state.signature === undefined ? {} : { signature: state.signature }),
        extra: NO_EXTRA,
      },
    };
  }

  #addResult(message: JsonObject, path: string): void {
    const { id } = unpackToolCallId(demandText(message.tool_call_id, `${path}.tool_call_id`));
    const name = this.#callNames.get(id);
    const result: ToolResultPart = {
      type: "tool-result",
      callId: id,
      ...(name === undefined ? {} : { name }),
      parts: readBlocks(message.content, `${path}.content`).map(readResultPart),
      isError: false,
      extra: extraOf(message, TOOL_FIELDS),
    };
    const last = this.messages.at(-1);
    if (last?.role === "tool") this.messages.splice(-1, 1, { ...last, parts: [...last.parts, result] });
    else this.messages.push({ role: "tool", parts: [result], extra: NO_EXTRA });
  }
}

/** A call, and the signed thinking that came back in its id. */
interface ReadCall {
  readonly thinking: readonly ThinkingPart[];
  readonly call: ToolCallPart;
}

/** A string stands for one block of text. */
function readBlocks(content: unknown, path: string): readonly Placed[] {
  if (typeof content === "string")
    return content === "" ? [] : [{ block: { type: "text", text: content }, path }];
  return demandList(content, path).map((value, position) => {
    const blockPath = `${path}[${position}]`;
    // Results may be given as plain texts.
    const block = typeof value === "string" ? { type: "text", text: value } : demandObject(value, blockPath);
    demandText(block.type, `${blockPath}.type`);
    return { block, path: blockPath };
  });
}

function readUserPart(placed: Placed): UserPart {
  const { block, path } = placed;
  if (block.type === "text") return readText(placed);
  if (block.type === "image_url") return readImage(block, path);
  return { type: "opaque", wire: "cohere-chat", raw: block };
}

function readAssistantPart(placed: Placed): AssistantPart {
  const { block, path } = placed;
  if (block.type === "text") return readText(placed);
  if (block.type !== "thinking") return { type: "opaque", wire: "cohere-chat", raw: block };
  return { type: "thinking", text: demandText(block.thinking, `${path}.thinking`), extra: NO_EXTRA };
}

/** A document is told to the model as what its data says. */
function readResultPart(placed: Placed): TextPart {
  const { block, path } = placed;
  if (block.type === "text") return readText(placed);
  if (block.type !== "document") return textPart(JSON.stringify(block));
  const document = demandObject(block.document, `${path}.document`);
  return textPart(textOf(document, "data") ?? JSON.stringify(document.data ?? document));
}

function readText({ block, path }: Placed): TextPart {
  return {
    type: "text",
    text: demandText(block.text, `${path}.text`),
    extra: extraOf(block, TEXT_FIELDS),
  };
}

function readImage(block: JsonObject, path: string): ImagePart {
  // Cohere's guides have the URL itself in place of the object too.
  const image = isJsonObject(block.image_url) ? block.image_url : { url: block.image_url };
  const url = demandText(image.url, `${path}.image_url.url`);
  const detail = textOf(image, "detail");
  return {
    type: "image",
    source: parseDataUrl(url) ?? { kind: "url", url },
    ...(detail === "low" || detail === "high" || detail === "auto" ? { detail } : {}),
    extra: extraOf(block, IMAGE_FIELDS),
  };
}

function textPart(text: string): TextPart {
  return { type: "text", text, extra: NO_EXTRA };
}
