import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  SystemMessage,
  UserMessage,
} from "@headrace/core/canonical/chat";
import type {
  OpaquePart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";
import type { Losses } from "../../translation/losses.ts";
import { inputObject } from "./answer-encoder.ts";
import { writeCacheMark, writeDocument, writeImage } from "./media.ts";

export interface Conversation {
  readonly system: readonly JsonObject[];
  readonly messages: readonly Turn[];
  /** Something in it is named by its id in Anthropic's Files API. */
  readonly usesFiles: boolean;
}

export interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly content: JsonObject[];
}

type Part = AssistantPart | UserMessage["parts"][number];

/**
 * Writes messages as turns of user and assistant, consecutive ones of a role merged (Anthropic API reference,
 * "Messages").
 *
 * System and developer messages before all others become `system`. Only some models take a later one as what it is, so
 * it becomes a block of the user's turn where it stood, between `<system>` marks: its place and the prompt cache before it
 * are kept. When there are no other messages, the last of them is the user's.
 */
export function encodeConversation({ messages, wire }: ChatRequest, losses: Losses): Conversation {
  const writer = new ConversationWriter(wire === "anthropic-messages", losses);
  const firstOther = messages.findIndex((message) => !isSystem(message));
  const heads = firstOther === -1 ? messages.length - 1 : firstOther;
  for (const [position, message] of messages.entries()) {
    if (!isSystem(message)) writer.add(message);
    else if (position < heads) writer.addHead(message);
    else if (firstOther === -1) writer.addSoleSystem(message);
    else writer.addLateSystem(message);
  }
  return writer.finish();
}

function isSystem(message: ChatMessage): message is SystemMessage {
  return message.role === "system" || message.role === "developer";
}

class ConversationWriter {
  readonly #sameWire: boolean;
  readonly #losses: Losses;
  readonly #system: JsonObject[] = [];
  readonly #turns: Turn[] = [];
  #usesFiles = false;

  constructor(sameWire: boolean, losses: Losses) {
    this.#sameWire = sameWire;
    this.#losses = losses;
  }

  addHead(message: SystemMessage): void {
    this.#noteExtra(message);
    this.#system.push(...this.#blocks(message.parts));
  }

  addSoleSystem(message: SystemMessage): void {
    this.#noteExtra(message);
    this.#push("user", this.#blocks(message.parts));
  }

  addLateSystem(message: SystemMessage): void {
    this.#noteExtra(message);
    const blocks = this.#blocks(message.parts);
    if (this.#sameWire) {
      this.#push("system", blocks);
      return;
    }
    this.#push(
      "user",
      blocks.map((block) => ({ ...block, text: `<system>\n${textOf(block, "text") ?? ""}\n</system>` })),
    );
  }

  add(message: Exclude<ChatMessage, SystemMessage>): void {
    this.#noteExtra(message);
    switch (message.role) {
      case "tool":
        this.#pushResults(message.parts.map((part) => this.#result(part)));
        return;
      case "user":
        this.#push("user", this.#blocks(message.parts));
        return;
      case "assistant":
        this.#push("assistant", this.#blocks(message.parts));
        return;
    }
  }

  finish(): Conversation {
    const last = this.#turns.at(-1);
    if (last?.role === "assistant") trimEnd(last.content);
    const messages = this.#turns.filter(({ content }) => content.length > 0);
    return { system: this.#system, messages, usesFiles: this.#usesFiles };
  }

  #push(role: Turn["role"], content: readonly JsonObject[]): void {
    if (content.length === 0) return;
    const last = this.#turns.at(-1);
    if (last?.role === role) last.content.push(...content);
    else this.#turns.push({ role, content: [...content] });
  }

  /** The API wants the results of a turn's calls before anything else that the user says. */
  #pushResults(results: readonly JsonObject[]): void {
    const last = this.#turns.at(-1);
    if (last?.role !== "user") {
      this.#push("user", results);
      return;
    }
    const firstOther = last.content.findIndex(({ type }) => type !== "tool_result");
    last.content.splice(firstOther === -1 ? last.content.length : firstOther, 0, ...results);
  }

  #result({ callId, parts, isError, cache, extra }: ToolResultPart): JsonObject {
    const content = this.#blocks(parts);
    return {
      ...this.#ownExtra(extra),
      type: "tool_result",
      tool_use_id: toolUseId(callId),
      ...(content.length === 0 ? {} : { content }),
      ...(isError ? { is_error: true } : {}),
      ...writeCacheMark(cache),
    };
  }

  #blocks(parts: readonly Part[]): readonly JsonObject[] {
    return parts.flatMap((part) => {
      const block = this.#block(part);
      return block === null ? [] : [block];
    });
  }

  /** Null for what is left out. */
  #block(part: Part): JsonObject | null {
    switch (part.type) {
      case "text":
        return this.#text(part);
      case "refusal":
        return part.text.trim() === "" ? null : { type: "text", text: part.text };
      case "image":
        if (part.detail === "low" || part.detail === "high") this.#losses.at("part", "detail");
        this.#usesFiles ||= part.source.kind === "file-id";
        return { ...this.#ownExtra(part.extra), ...writeImage(part), ...writeCacheMark(part.cache) };
      case "file":
        this.#usesFiles ||= part.source.kind === "file-id";
        return { ...this.#ownExtra(part.extra), ...writeDocument(part), ...writeCacheMark(part.cache) };
      case "thinking":
        return this.#thinking(part);
      case "tool-call":
        return this.#toolUse(part);
      case "opaque":
        return this.#opaque(part);
      case "audio":
        throw new GatewayError("invalid_field", {
          param: this.#losses.pathOf("part", "audio"),
          message: "The model takes no audio, and leaving it out would change the answer.",
        });
    }
  }

  /** The API refuses text blocks without text. Citations are of an earlier answer, which reads the same without them. */
  #text({ text, cache, extra }: TextPart): JsonObject | null {
    if (text.trim() === "") return null;
    return { ...this.#ownExtra(extra), type: "text", text, ...writeCacheMark(cache) };
  }

  /** Thinking that another provider signed, or nobody, is refused; the answer behind it stands without. */
  #thinking({ text, signature, redacted, extra }: ThinkingPart): JsonObject | null {
    if (redacted?.signer === "anthropic")
      return { ...this.#ownExtra(extra), type: "redacted_thinking", data: redacted.value };
    if (signature?.signer !== "anthropic") return null;
    return { ...this.#ownExtra(extra), type: "thinking", thinking: text, signature: signature.value };
  }

  #toolUse({ id, name, argumentsJson, cache, extra }: ToolCallPart): JsonObject {
    return {
      ...this.#ownExtra(extra),
      type: "tool_use",
      id: toolUseId(id),
      name,
      input: inputObject(argumentsJson),
      ...writeCacheMark(cache),
    };
  }

  #opaque({ wire, raw }: OpaquePart): JsonObject | null {
    const block = isJsonObject(raw) ? raw : {};
    if (wire === "anthropic-messages") return block;
    this.#losses.at("part", textOf(block, "type") ?? "type");
    return null;
  }

  #ownExtra(extra: JsonObject): JsonObject {
    if (this.#sameWire) return extra;
    this.#losses.extra("part", extra);
    return {};
  }

  #noteExtra({ extra }: ChatMessage): void {
    if (!this.#sameWire) this.#losses.extra("message", extra);
  }
}

const VALID_ID = /^[a-zA-Z0-9_-]+$/;

/** Other providers' ids may hold what the API refuses; the same id is always written alike. */
function toolUseId(id: string): string {
  if (VALID_ID.test(id)) return id;
  return `call_${Buffer.from(id).toString("base64url")}`;
}

/** The API refuses a prefill that ends in blanks. */
function trimEnd(content: JsonObject[]): void {
  const last = content.at(-1);
  if (last?.type === "text") content.splice(-1, 1, { ...last, text: textOf(last, "text")?.trimEnd() });
}
