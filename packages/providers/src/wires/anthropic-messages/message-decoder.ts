import { type CarriedState, readSignature, unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatMessage, UserMessage } from "@headrace/core/canonical/chat";
import {
  type Citation,
  type ExtraFields,
  type FilePart,
  type ImagePart,
  NO_EXTRA,
  type OpaquePart,
  type TextPart,
  type ThinkingPart,
  type ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { demandList, demandObject, demandOneOf, demandText, optional } from "../../json/demand.ts";
import { extraOf, flagOf, listOf, textOf } from "../../json/read.ts";
import { readCitation } from "./citations.ts";
import { readCacheMark, readSource } from "./media.ts";

const ROLES = ["user", "assistant", "system"] as const;
const MESSAGE_FIELDS = new Set(["role", "content"]);
const TEXT_FIELDS = new Set(["type", "text", "cache_control", "citations"]);
const IMAGE_FIELDS = new Set(["type", "source", "cache_control"]);
const DOCUMENT_FIELDS = new Set(["type", "source", "cache_control", "title"]);
const THINKING_FIELDS = new Set(["type", "thinking", "signature"]);
const REDACTED_FIELDS = new Set(["type", "data"]);
const TOOL_USE_FIELDS = new Set(["type", "id", "name", "input", "cache_control"]);
const TOOL_RESULT_FIELDS = new Set(["type", "tool_use_id", "content", "is_error", "cache_control"]);

/** A block and where it stands, such as `messages[0].content[1]`. */
interface Placed {
  readonly block: JsonObject;
  readonly path: string;
}

/**
 * Reads `system` and `messages`. A user turn with results of tools becomes a message of those and one of the rest.
 *
 * @throws GatewayError `missing_field`, `invalid_field`
 */
export function decodeConversation(body: JsonObject): readonly ChatMessage[] {
  const reader = new ConversationReader();
  const system = readBlocks(body.system ?? [], "system");
  if (system.length > 0) reader.addSystem(system, NO_EXTRA);
  const messages = demandList(body.messages, "messages");
  for (const [position, value] of markLastBlock(messages, body.cache_control).entries()) {
    const path = `messages[${position}]`;
    const message = demandObject(value, path);
    const role = demandOneOf(message.role, `${path}.role`, ROLES);
    const blocks = readBlocks(message.content, `${path}.content`);
    const extra = extraOf(message, MESSAGE_FIELDS);
    if (role === "system") reader.addSystem(blocks, extra);
    else if (role === "assistant") reader.addAssistant(blocks, extra);
    else reader.addUser(blocks, extra);
  }
  return reader.messages;
}

/** A mark on the request itself stands for one on its last block (Anthropic, "Prompt caching", "Automatic caching"). */
function markLastBlock(messages: readonly unknown[], mark: unknown): readonly unknown[] {
  const last = messages.at(-1);
  if (!isJsonObject(mark) || !isJsonObject(last)) return messages;
  const { content } = last;
  const blocks =
    typeof content === "string" ? [{ type: "text", text: content }] : (listOf(last, "content") ?? []);
  const block = blocks.at(-1);
  if (!isJsonObject(block)) return messages;
  const marked = [...blocks.slice(0, -1), { cache_control: mark, ...block }];
  return [...messages.slice(0, -1), { ...last, content: marked }];
}

/** A string stands for one block of text. */
function readBlocks(content: unknown, path: string): readonly Placed[] {
  if (typeof content === "string")
    return content === "" ? [] : [{ block: { type: "text", text: content }, path }];
  return demandList(content, path).map((value, position) => {
    const blockPath = `${path}[${position}]`;
    const block = demandObject(value, blockPath);
    demandText(block.type, `${blockPath}.type`);
    return { block, path: blockPath };
  });
}

class ConversationReader {
  readonly messages: ChatMessage[] = [];
  /** Names of the calls so far: a result does not repeat its own. */
  readonly #callNames = new Map<string, string>();

  addSystem(blocks: readonly Placed[], extra: ExtraFields): void {
    this.messages.push({ role: "system", parts: blocks.map(readText), extra });
  }

  addUser(blocks: readonly Placed[], extra: ExtraFields): void {
    const results = blocks.filter(({ block }) => block.type === "tool_result");
    const others = blocks.filter(({ block }) => block.type !== "tool_result");
    if (results.length > 0) this.#addResults(results.map((placed) => this.#readResult(placed)));
    if (others.length === 0 && results.length > 0) return;
    this.messages.push({ role: "user", parts: others.map(readUserPart), extra });
  }

  addAssistant(blocks: readonly Placed[], extra: ExtraFields): void {
    const hasThinking = blocks.some(({ block }) => block.type === "thinking");
    const parts = blocks.flatMap((placed) => {
      if (placed.block.type !== "tool_use") return [readAssistantPart(placed)];
      const { call, state } = this.#readCall(placed);
      const carried = hasThinking ? [] : (state.thinking ?? []);
      return [
        ...carried.map((thinking): ThinkingPart => ({ type: "thinking", ...thinking, extra: NO_EXTRA })),
        call,
      ];
    });
    this.messages.push({ role: "assistant", parts, extra });
  }

  #addResults(parts: readonly ToolResultPart[]): void {
    const last = this.messages.at(-1);
    if (last?.role === "tool") this.messages.splice(-1, 1, { ...last, parts: [...last.parts, ...parts] });
    else this.messages.push({ role: "tool", parts, extra: NO_EXTRA });
  }

  #readCall({ block, path }: Placed): { readonly call: AssistantPart; readonly state: CarriedState } {
    const { id, state } = unpackToolCallId(demandText(block.id, `${path}.id`));
    const name = demandText(block.name, `${path}.name`);
    this.#callNames.set(id, name);
    const call: AssistantPart = {
      type: "tool-call",
      id,
      name,
      argumentsJson: JSON.stringify(optional(block.input, `${path}.input`, demandObject) ?? {}),
      ...(state.signature === undefined ? {} : { signature: state.signature }),
      ...readCacheMark(block),
      extra: extraOf(block, TOOL_USE_FIELDS),
    };
    return { call, state };
  }

  #readResult({ block, path }: Placed): ToolResultPart {
    const { id } = unpackToolCallId(demandText(block.tool_use_id, `${path}.tool_use_id`));
    const name = this.#callNames.get(id);
    return {
      type: "tool-result",
      callId: id,
      ...(name === undefined ? {} : { name }),
      parts: readBlocks(block.content ?? [], `${path}.content`).map(readResultPart),
      isError: flagOf(block, "is_error") ?? false,
      ...readCacheMark(block),
      extra: extraOf(block, TOOL_RESULT_FIELDS),
    };
  }
}

function readUserPart(placed: Placed): UserMessage["parts"][number] {
  switch (placed.block.type) {
    case "text":
      return readText(placed);
    case "image":
      return readImage(placed) ?? opaque(placed);
    case "document":
      return readDocument(placed) ?? opaque(placed);
    default:
      return opaque(placed);
  }
}

function readAssistantPart(placed: Placed): AssistantPart {
  switch (placed.block.type) {
    case "text":
      return readText(placed);
    case "thinking":
      return readThinking(placed);
    case "redacted_thinking":
      return readRedacted(placed);
    case "image":
      return readImage(placed) ?? opaque(placed);
    default:
      return opaque(placed);
  }
}

/** What no other wire has in a result, such as `search_result`, is told to the model as its JSON text. */
function readResultPart(placed: Placed): TextPart | ImagePart | FilePart {
  const part = readUserPart(placed);
  if (part.type === "text" || part.type === "image" || part.type === "file") return part;
  return {
    type: "text",
    text: JSON.stringify(placed.block),
    ...readCacheMark(placed.block),
    extra: NO_EXTRA,
  };
}

function readText({ block, path }: Placed): TextPart {
  const citations = (listOf(block, "citations") ?? [])
    .map(readCitation)
    .filter((citation): citation is Citation => citation !== null);
  return {
    type: "text",
    text: demandText(block.text, `${path}.text`),
    ...readCacheMark(block),
    ...(citations.length === 0 ? {} : { citations }),
    extra: extraOf(block, TEXT_FIELDS),
  };
}

function readImage({ block, path }: Placed): ImagePart | null {
  const source = readSource(demandObject(block.source, `${path}.source`));
  if (source === null) return null;
  return { type: "image", source, ...readCacheMark(block), extra: extraOf(block, IMAGE_FIELDS) };
}

function readDocument({ block, path }: Placed): FilePart | null {
  const source = readSource(demandObject(block.source, `${path}.source`));
  if (source === null) return null;
  const title = textOf(block, "title");
  return {
    type: "file",
    source,
    ...(title === undefined ? {} : { fileName: title }),
    ...readCacheMark(block),
    extra: extraOf(block, DOCUMENT_FIELDS),
  };
}

/** An answer of another provider that was not signed comes back with an empty signature. */
function readThinking({ block, path }: Placed): ThinkingPart {
  const signature = textOf(block, "signature") ?? "";
  return {
    type: "thinking",
    text: demandText(block.thinking, `${path}.thinking`),
    ...(signature === "" ? {} : { signature: readSignature(signature, "anthropic") }),
    extra: extraOf(block, THINKING_FIELDS),
  };
}

function readRedacted({ block, path }: Placed): ThinkingPart {
  const redacted = readSignature(demandText(block.data, `${path}.data`), "anthropic");
  return { type: "thinking", text: "", redacted, extra: extraOf(block, REDACTED_FIELDS) };
}

function opaque({ block }: Placed): OpaquePart {
  return { type: "opaque", wire: "anthropic-messages", raw: block };
}
