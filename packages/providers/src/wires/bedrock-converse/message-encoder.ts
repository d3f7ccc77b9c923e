import type { ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import type {
  AudioPart,
  CacheMark,
  ExtraFields,
  FilePart,
  ImagePart,
  OpaquePart,
  RefusalPart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { parseJsonObject } from "../../json/read.ts";
import type { Losses } from "../../translation/losses.ts";
import { DocumentNames } from "./document-names.ts";
import { audioBlock, DOCUMENT_EXTRA, documentBlock, imageBlock } from "./media.ts";
import type { ModelTraits } from "./model-traits.ts";
import { toolUseId } from "./tool-ids.ts";

type Part =
  | TextPart
  | ImagePart
  | FilePart
  | AudioPart
  | ThinkingPart
  | ToolCallPart
  | ToolResultPart
  | RefusalPart
  | OpaquePart;

/** A conversation as Converse takes it. */
export interface Conversation {
  readonly system: readonly JsonObject[];
  readonly messages: readonly Turn[];
  /** Names of the tools that it has calls of. */
  readonly calledTools: ReadonlySet<string>;
  /** It has calls or results, beside which Converse demands a `toolConfig`. */
  readonly hasToolBlocks: boolean;
}

interface Turn {
  readonly role: "user" | "assistant";
  readonly content: JsonObject[];
}

/** @throws GatewayError `invalid_field` for media that Bedrock cannot read */
export function writeConversation(request: ChatRequest, traits: ModelTraits, losses: Losses): Conversation {
  return new ConversationWriter(traits, losses).write(request.messages);
}

class ConversationWriter {
  readonly #traits: ModelTraits;
  readonly #losses: Losses;
  readonly #documents = new DocumentNames();
  readonly #system: JsonObject[] = [];
  readonly #turns: Turn[] = [];
  readonly #calledTools = new Set<string>();
  #hasToolBlocks = false;

  constructor(traits: ModelTraits, losses: Losses) {
    this.#traits = traits;
    this.#losses = losses;
  }

  write(messages: readonly ChatMessage[]): Conversation {
    const firstOther = messages.findIndex((message) => !isSystem(message));
    // Nothing but instructions is no conversation, so the last of them is what the user says.
    const heads = firstOther === -1 ? messages.length - 1 : firstOther;
    for (const [position, message] of messages.entries()) {
      if (isSystem(message) && position < heads) this.#system.push(...this.#contentOf(message));
      else this.#addTurn(message, this.#contentOf(message), firstOther !== -1);
    }
    trimPrefill(this.#turns);
    return {
      system: this.#system,
      messages: this.#turns,
      calledTools: this.#calledTools,
      hasToolBlocks: this.#hasToolBlocks,
    };
  }

  #contentOf({ parts, extra }: ChatMessage): JsonObject[] {
    this.#losses.extra("message", extra);
    const content: JsonObject[] = [];
    for (const part of parts) this.#add(content, part);
    return content;
  }

  /** Turns of one role behind each other are one: Converse wants roles to alternate. */
  #addTurn(message: ChatMessage, content: JsonObject[], marksSystem: boolean): void {
    if (content.length === 0) return;
    const role = message.role === "assistant" ? "assistant" : "user";
    // A later instruction has no place of its own; where it stands it means most and keeps the cache before it.
    const blocks = isSystem(message) && marksSystem ? content.map(markSystem) : content;
    const last = this.#turns.at(-1);
    if (last?.role !== role) this.#turns.push({ role, content: blocks });
    // The results of a turn's calls come before anything else that the user says.
    else if (message.role === "tool") last.content.splice(endOfResults(last.content), 0, ...blocks);
    else last.content.push(...blocks);
  }

  #add(content: JsonObject[], part: Part): void {
    const block = this.#block(part);
    if (block !== null) content.push(block);
    if ("extra" in part) this.#loseExtra(part.type, part.extra);
    if ("cache" in part) this.#mark(content, part.cache);
  }

  /** Null for what is left out. */
  #block(part: Part): JsonObject | null {
    switch (part.type) {
      case "text":
      case "refusal":
        return part.text.trim() === "" ? null : { text: part.text }; // refused when it is blank
      case "image":
        if (part.detail !== undefined && part.detail !== "auto") this.#losses.at("part", "detail");
        return imageBlock(part, this.#losses.pathOf("part", "image"));
      case "file":
        return documentBlock(part, this.#documents, this.#losses.pathOf("part", "file"));
      case "audio":
        return audioBlock(part, this.#losses.pathOf("part", "audio"));
      case "thinking":
        return this.#thinking(part);
      case "tool-call":
        return this.#call(part);
      case "tool-result":
        return this.#result(part);
      case "opaque":
        this.#losses.at("part", kindOf(part.raw));
        return null;
    }
  }

  /** Only what Claude itself has signed is taken back, and by Claude alone. */
  #thinking({ text, signature, redacted }: ThinkingPart): JsonObject | null {
    if (this.#traits.reasoning !== "claude") return null;
    if (redacted?.signer === "anthropic") return { reasoningContent: { redactedContent: redacted.value } };
    if (signature?.signer !== "anthropic") return null;
    return { reasoningContent: { reasoningText: { text, signature: signature.value } } };
  }

  #call({ id, name, argumentsJson }: ToolCallPart): JsonObject {
    this.#hasToolBlocks = true;
    this.#calledTools.add(name);
    const input = parseJsonObject(argumentsJson === "" ? "{}" : argumentsJson);
    // What a model got wrong cannot be sent as JSON; the client hears of it.
    if (input === null) this.#losses.at("part", "arguments");
    return { toolUse: { toolUseId: toolUseId(id), name, input: input ?? {} } };
  }

  #result({ callId, parts, isError }: ToolResultPart): JsonObject {
    this.#hasToolBlocks = true;
    const content: JsonObject[] = [];
    for (const part of parts) this.#add(content, part);
    // Only some models know a status, and success is what all of them assume.
    return {
      toolResult: { toolUseId: toolUseId(callId), content, ...(isError ? { status: "error" } : {}) },
    };
  }

  #mark(content: JsonObject[], mark: CacheMark | undefined): void {
    if (mark === undefined) return;
    const point = cachePoint(mark, this.#traits);
    if (point === null) this.#losses.cacheMark("part", mark);
    // One behind nothing, or behind another, is refused.
    else if (content.length > 0 && content.at(-1)?.cachePoint === undefined) content.push(point);
  }

  #loseExtra(type: Part["type"], extra: ExtraFields): void {
    for (const name of Object.keys(extra)) {
      if (type !== "file" || !DOCUMENT_EXTRA.has(name)) this.#losses.at("part", name);
    }
  }
}

/** Null for a model that has no prompt cache. */
export function cachePoint({ ttl }: CacheMark, { cache }: ModelTraits): JsonObject | null {
  if (cache === "none") return null;
  return { cachePoint: { type: "default", ...(ttl === "1h" && cache === "1h" ? { ttl } : {}) } };
}

/** An answer that the model shall go on with may not end in white space. */
function trimPrefill(turns: Turn[]): void {
  const last = turns.at(-1);
  const block = last?.role === "assistant" ? last.content.at(-1) : undefined;
  if (last === undefined || typeof block?.text !== "string") return;
  const text = block.text.trimEnd();
  last.content.pop();
  if (text !== "") last.content.push({ text });
  if (last.content.length === 0) turns.pop();
}

function isSystem({ role }: ChatMessage): boolean {
  return role === "system" || role === "developer";
}

function markSystem(block: JsonObject): JsonObject {
  return typeof block.text === "string" ? { text: `<system>\n${block.text}\n</system>` } : block;
}

function endOfResults(content: readonly JsonObject[]): number {
  const results = content.findLastIndex((block) => block.toolResult !== undefined);
  // A cache point behind a result belongs to it.
  return content[results + 1]?.cachePoint === undefined || results === -1 ? results + 1 : results + 2;
}

function kindOf(raw: unknown): string {
  return isJsonObject(raw) && typeof raw.type === "string" ? raw.type : "type";
}
