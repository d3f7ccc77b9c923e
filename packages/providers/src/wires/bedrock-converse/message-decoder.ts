/** The turns of a conversation, from a client. Source: Bedrock API reference, "Message", "ContentBlock". */
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type { AssistantPart, ChatMessage, UserMessage } from "@headrace/core/canonical/chat";
import {
  type CacheMark,
  NO_EXTRA,
  type TextPart,
  type ThinkingPart,
  type ToolCallPart,
  type ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { demandList, demandObject, demandOneOf, demandText, optional } from "../../json/demand.ts";
import { extraOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { readCitation } from "./citations.ts";
import { readAudio, readDocument, readImage } from "./client-media.ts";
import { readRedacted, readTextSignature } from "./client-signatures.ts";

const ROLES = ["user", "assistant", "system"] as const;
const MESSAGE_FIELDS: ReadonlySet<string> = new Set(["role", "content"]);

/** A block, which has one member whose name is its kind, and where it stands. */
interface Placed {
  readonly block: JsonObject;
  readonly path: string;
}

type UserPart = UserMessage["parts"][number];

/**
 * Reads `system` and `messages`. A user turn with results of tools becomes a message of those and one of the rest.
 *
 * @throws GatewayError `missing_field`, `invalid_field` with a path such as `messages[0].content[1].text`
 */
export function decodeConversation(body: JsonObject): readonly ChatMessage[] {
  const reader = new ConversationReader();
  const system = placedBlocks(body.system ?? [], "system");
  if (system.length > 0) reader.addSystem(system, {});
  for (const [position, value] of demandList(body.messages ?? [], "messages").entries()) {
    const path = `messages[${position}]`;
    const message = demandObject(value, path);
    const role = demandOneOf(message.role, `${path}.role`, ROLES);
    const blocks = placedBlocks(message.content, `${path}.content`);
    if (role === "system") reader.addSystem(blocks, message);
    else if (role === "assistant") reader.addAssistant(blocks, message);
    else reader.addUser(blocks, message);
  }
  return reader.messages;
}

class ConversationReader {
  readonly messages: ChatMessage[] = [];
  /** Names of the calls so far: a result does not repeat its own. */
  readonly #callNames = new Map<string, string>();

  addSystem(blocks: readonly Placed[], message: JsonObject): void {
    const parts = readMarked(blocks, readSystemText);
    if (parts.length > 0)
      this.messages.push({ role: "system", parts, extra: extraOf(message, MESSAGE_FIELDS) });
  }

  addUser(blocks: readonly Placed[], message: JsonObject): void {
    const parts = readMarked(blocks, (placed) => this.#userPart(placed));
    const results = parts.filter((part) => part.type === "tool-result");
    const others = parts.filter((part) => part.type !== "tool-result");
    if (results.length > 0) this.#addResults(results);
    if (others.length > 0 || results.length === 0)
      this.messages.push({ role: "user", parts: others, extra: extraOf(message, MESSAGE_FIELDS) });
  }

  addAssistant(blocks: readonly Placed[], message: JsonObject): void {
    const parts = readMarked(blocks, (placed) => this.#assistantPart(placed));
    this.messages.push({ role: "assistant", parts, extra: extraOf(message, MESSAGE_FIELDS) });
  }

  #addResults(parts: readonly ToolResultPart[]): void {
    const last = this.messages.at(-1);
    if (last?.role === "tool") this.messages.splice(-1, 1, { ...last, parts: [...last.parts, ...parts] });
    else this.messages.push({ role: "tool", parts, extra: NO_EXTRA });
  }

  #userPart(placed: Placed): UserPart | ToolResultPart {
    const { block, path } = placed;
    if (block.toolResult !== undefined) return this.#result(placed);
    if (block.toolUse !== undefined) throw misplaced(`${path}.toolUse`, "assistant");
    if (block.document !== undefined) return readDocument(block.document, `${path}.document`);
    if (block.audio !== undefined) return readAudio(block.audio, `${path}.audio`);
    return readTextOrImage(placed) ?? opaque(block);
  }

  #assistantPart(placed: Placed): AssistantPart {
    const { block, path } = placed;
    const toolUse = optional(block.toolUse, `${path}.toolUse`, demandObject);
    if (toolUse !== undefined) return this.#call(toolUse, placed);
    if (block.toolResult !== undefined && objectOf(block, "toolResult")?.type === undefined)
      throw misplaced(`${path}.toolResult`, "user");
    const reasoning = objectOf(block, "reasoningContent");
    if (reasoning !== undefined) return readThinking(reasoning, `${path}.reasoningContent`);
    const cited = objectOf(block, "citationsContent");
    if (cited !== undefined) return readCited(cited);
    return readTextOrImage(placed) ?? opaque(block);
  }

  #call(toolUse: JsonObject, { block, path }: Placed): ToolCallPart | ReturnType<typeof opaque> {
    // One that Bedrock itself has run.
    if (toolUse.type === "server_tool_use") return opaque(block);
    const { id, state } = unpackToolCallId(demandText(toolUse.toolUseId, `${path}.toolUse.toolUseId`));
    const name = demandText(toolUse.name, `${path}.toolUse.name`);
    this.#callNames.set(id, name);
    return {
      type: "tool-call",
      id,
      name,
      argumentsJson: JSON.stringify(optional(toolUse.input, `${path}.toolUse.input`, demandObject) ?? {}),
      ...(state.signature === undefined ? {} : { signature: state.signature }),
      extra: extraOf(toolUse, TOOL_USE_FIELDS),
    };
  }

  #result({ block, path }: Placed): ToolResultPart {
    const at = `${path}.toolResult`;
    const result = demandObject(block.toolResult, at);
    const { id } = unpackToolCallId(demandText(result.toolUseId, `${at}.toolUseId`));
    const name = this.#callNames.get(id);
    return {
      type: "tool-result",
      callId: id,
      ...(name === undefined ? {} : { name }),
      parts: placedBlocks(result.content ?? [], `${at}.content`).map(readResultPart),
      isError: textOf(result, "status") === "error",
      extra: extraOf(result, TOOL_RESULT_FIELDS),
    };
  }
}

const TOOL_USE_FIELDS: ReadonlySet<string> = new Set(["toolUseId", "name", "input"]);
const TOOL_RESULT_FIELDS: ReadonlySet<string> = new Set(["toolUseId", "content", "status"]);

function placedBlocks(value: unknown, path: string): readonly Placed[] {
  return demandList(value, path).map((block, position) => {
    const at = `${path}[${position}]`;
    return { block: demandObject(block, at), path: at };
  });
}

const MARKABLE: ReadonlySet<string> = new Set(["text", "image", "file", "tool-call", "tool-result"]);

/** Reads parts; a cache point is no part but a mark on what stands before it. */
function readMarked<Part extends { readonly type: string }>(
  blocks: readonly Placed[],
  read: (placed: Placed) => Part,
): readonly Part[] {
  const parts: Part[] = [];
  for (const placed of blocks) {
    const cache = readCachePoint(placed.block);
    if (cache === null) {
      parts.push(read(placed));
      continue;
    }
    const at = parts.findLastIndex(({ type }) => MARKABLE.has(type));
    const marked = parts[at]; // at the start of a message there is nothing to mark
    if (marked !== undefined) parts[at] = { ...marked, cache };
  }
  return parts;
}

/** Bedrock API reference, "CachePointBlock"; null for any other block. */
export function readCachePoint(block: JsonObject): CacheMark | null {
  const point = objectOf(block, "cachePoint");
  return point === undefined ? null : { ttl: point.ttl === "1h" ? "1h" : "5m" };
}

function readSystemText(placed: Placed): TextPart {
  const part = readTextOrImage(placed);
  return part?.type === "text" ? part : textPart(demandText(placed.block.text, `${placed.path}.text`));
}

/** What all roles have; what a guardrail shall look at is content like any other, and is said to be so. */
function readTextOrImage({ block, path }: Placed): TextPart | ReturnType<typeof readImage> | null {
  if (block.text !== undefined) return textPart(demandText(block.text, `${path}.text`));
  if (block.image !== undefined) return readImage(block.image, `${path}.image`);
  const guarded = objectOf(block, "guardContent");
  if (guarded === undefined) return null;
  const at = `${path}.guardContent`;
  const extra = { guardContent: extraOf(objectOf(guarded, "text") ?? {}, GUARDED_TEXT_FIELDS) };
  if (guarded.image !== undefined) return { ...readImage(guarded.image, `${at}.image`), extra };
  const text = demandText(demandObject(guarded.text, `${at}.text`).text, `${at}.text.text`);
  return { type: "text", text, extra };
}

const GUARDED_TEXT_FIELDS: ReadonlySet<string> = new Set(["text"]);

function readThinking(reasoning: JsonObject, path: string): ThinkingPart {
  const redacted = textOf(reasoning, "redactedContent");
  if (redacted !== undefined)
    return { type: "thinking", text: "", redacted: readRedacted(redacted), extra: NO_EXTRA };
  const shown = demandObject(reasoning.reasoningText, `${path}.reasoningText`);
  const signature = textOf(shown, "signature") ?? "";
  return {
    type: "thinking",
    text: demandText(shown.text, `${path}.reasoningText.text`),
    ...(signature === "" ? {} : { signature: readTextSignature(signature) }),
    extra: NO_EXTRA,
  };
}

function readCited(cited: JsonObject): TextPart {
  const citations = objectsOf(cited, "citations")
    .map(readCitation)
    .filter((citation) => citation !== null);
  const text = objectsOf(cited, "content")
    .map((piece) => textOf(piece, "text") ?? "")
    .join("");
  return { ...textPart(text), ...(citations.length === 0 ? {} : { citations }) };
}

/** JSON is told to the model as its text, and so is what no other wire has in a result. */
function readResultPart(placed: Placed): ToolResultPart["parts"][number] {
  const { block, path } = placed;
  if (block.json !== undefined) return textPart(JSON.stringify(block.json));
  if (block.document !== undefined) return readDocument(block.document, `${path}.document`);
  return readTextOrImage(placed) ?? textPart(JSON.stringify(block));
}

function textPart(text: string): TextPart {
  return { type: "text", text, extra: NO_EXTRA };
}

function opaque(block: JsonObject): { type: "opaque"; wire: "bedrock-converse"; raw: JsonObject } {
  return { type: "opaque", wire: "bedrock-converse", raw: block };
}

function misplaced(path: string, role: string): GatewayError {
  return new GatewayError("invalid_field", {
    param: path,
    message: `The field "${path}" belongs into a message of the role "${role}".`,
  });
}
