/** The turns of a conversation, for Gemini: contents of the roles `user` and `model`, taking turns. */
import type { AssistantPart, ChatMessage, ChatRequest, UserMessage } from "@headrace/core/canonical/chat";
import type { Signature, TextPart, ToolCallPart, ToolResultPart } from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { Losses } from "../../translation/losses.ts";
import type { GeminiDialect } from "./dialect.ts";
import { mediaOfResult, writeResponse } from "./function-response.ts";
import { mediaField } from "./media.ts";
import type { GeminiModel } from "./models.ts";
import { ownSignature, UNSIGNED_CALL } from "./signatures.ts";

export interface EncodeContext {
  readonly request: ChatRequest;
  readonly model: GeminiModel;
  readonly dialect: GeminiDialect;
  readonly losses: Losses;
}

export interface EncodedContents {
  readonly contents: readonly JsonObject[];
  /** Undefined for none. */
  readonly systemInstruction: JsonObject | undefined;
}

type Role = "user" | "model";

interface Turn {
  readonly role: Role;
  readonly parts: JsonObject[];
  /** How many of the parts answer calls; they come first. */
  responses: number;
  extra: JsonObject;
}

export function encodeContents(context: EncodeContext): EncodedContents {
  const { messages } = context.request;
  const encoder = new ContentsEncoder(context);
  const firstOther = messages.findIndex((message) => !isSystem(message));
  const systemCount = firstOther === -1 ? messages.length : firstOther;
  const system = messages.slice(0, systemCount).flatMap((message) => encoder.systemTexts(message));
  // Gemini wants at least one content.
  const asTurn = !context.model.system || firstOther === -1;
  if (asTurn) encoder.push("user", system);
  for (const message of messages.slice(systemCount)) encoder.add(message);
  return {
    contents: encoder.finish(),
    systemInstruction: asTurn || system.length === 0 ? undefined : { parts: system },
  };
}

function isSystem({ role }: ChatMessage): boolean {
  return role === "system" || role === "developer";
}

class ContentsEncoder {
  readonly #turns: Turn[] = [];
  readonly #context: EncodeContext;
  readonly #ownWire: boolean;
  readonly #toolNames: ReadonlyMap<string, string>;

  constructor(context: EncodeContext) {
    this.#context = context;
    this.#ownWire = context.request.wire === "gemini-generate";
    this.#toolNames = toolNames(context.request.messages);
  }

  add(message: ChatMessage): void {
    switch (message.role) {
      case "assistant":
        for (const part of message.parts) this.push("model", this.#modelParts(part));
        break;
      case "tool":
        for (const part of message.parts) this.#pushResult(part);
        break;
      case "user":
        for (const part of message.parts) this.push("user", this.#userParts(part));
        break;
      default:
        // One in the middle speaks of what comes after it, and there is one system instruction, before everything.
        this.push("user", this.systemTexts(message));
        return;
    }
    this.#keepExtra(message);
  }

  systemTexts(message: ChatMessage): readonly JsonObject[] {
    if (message.role !== "system" && message.role !== "developer") return [];
    this.#keepExtra(message);
    return message.parts.flatMap((part) => this.#text(part, undefined));
  }

  push(role: Role, parts: readonly JsonObject[]): void {
    if (parts.length > 0) this.#turn(role).parts.push(...parts);
  }

  finish(): readonly JsonObject[] {
    if (this.#context.model.signsCalls) this.#signFirstCalls();
    return this.#turns.map(({ role, parts, extra }) => ({ ...extra, role, parts }));
  }

  #turn(role: Role): Turn {
    const last = this.#turns.at(-1);
    if (last?.role === role) return last;
    const turn: Turn = { role, parts: [], responses: 0, extra: {} };
    this.#turns.push(turn);
    return turn;
  }

  #modelParts(part: AssistantPart): readonly JsonObject[] {
    switch (part.type) {
      case "text":
        return this.#text(part, part.signature);
      case "refusal":
        return [{ text: part.text }];
      case "thinking": {
        // Thoughts of others mean nothing to it, and those that nobody signed are only summaries.
        const thoughtSignature = ownSignature(part.signature);
        const isOwn = thoughtSignature !== undefined || (this.#ownWire && part.signature === undefined);
        if (!isOwn || part.redacted !== undefined) return [];
        return [{ ...this.#kept(part.extra), text: part.text, thought: true, ...signed(part.signature) }];
      }
      case "tool-call":
        return [this.#call(part)];
      default:
        return this.#mediaOrOpaque(part);
    }
  }

  #userParts(part: UserMessage["parts"][number]): readonly JsonObject[] {
    return part.type === "text" ? this.#text(part, undefined) : this.#mediaOrOpaque(part);
  }

  #mediaOrOpaque(
    part: Exclude<UserMessage["parts"][number] | AssistantPart, { type: "text" }>,
  ): readonly JsonObject[] {
    const { losses } = this.#context;
    if (part.type === "opaque") {
      if (part.wire === "gemini-generate" && isJsonObject(part.raw)) return [part.raw];
      losses.at("part", isJsonObject(part.raw) ? String(part.raw.type) : "type");
      return [];
    }
    if (part.type !== "image" && part.type !== "file" && part.type !== "audio") return [];
    if (part.type === "image" && part.detail !== undefined && part.detail !== "auto")
      losses.at("part", "detail");
    return [{ ...this.#kept(part.extra), ...mediaField(part.source, part.type) }];
  }

  /** Empty text is refused, unless it bears a signature. */
  #text(part: TextPart, signature: Signature | undefined): readonly JsonObject[] {
    const extra = this.#kept(part.extra);
    const proof = signed(signature);
    if (part.text === "" && proof.thoughtSignature === undefined) return [];
    return [{ ...extra, text: part.text, ...proof }];
  }

  #call(part: ToolCallPart): JsonObject {
    const functionCall = { ...this.#id(part.id), name: part.name, args: readArguments(part.argumentsJson) };
    return { ...this.#kept(part.extra), functionCall, ...signed(part.signature) };
  }

  #pushResult(result: ToolResultPart): void {
    const { model } = this.#context;
    const name = result.name ?? this.#toolNames.get(result.callId) ?? result.callId;
    const media = mediaOfResult(result).map((part) => mediaField(part.source, part.type));
    const inside = model.mediaInResponses ? media.filter((field) => field.inlineData !== undefined) : [];
    const beside = media.filter((field) => !inside.includes(field));
    const functionResponse = {
      ...this.#id(result.callId),
      name,
      response: writeResponse(result),
      ...(inside.length === 0 ? {} : { parts: inside }),
    };
    const turn = this.#turn("user");
    // Text that a client put before the results must not part them from their calls.
    turn.parts.splice(turn.responses++, 0, { ...this.#kept(result.extra), functionResponse });
    turn.parts.push(...beside);
  }

  #id(id: string): JsonObject {
    return this.#context.dialect.callIds && id !== "" ? { id } : {};
  }

  #kept(extra: JsonObject): JsonObject {
    if (this.#ownWire) return extra;
    this.#context.losses.extra("part", extra);
    return {};
  }

  #keepExtra({ role, extra }: ChatMessage): void {
    if (!this.#ownWire) this.#context.losses.extra("message", extra);
    else if (Object.keys(extra).length > 0) this.#turn(role === "assistant" ? "model" : "user").extra = extra;
  }

  /**
   * In the turn that is under way, which began with the user's last words, the first call of each step must be signed;
   * for one that came from elsewhere there is a sign that stands for none. It costs quality, so that no other call gets
   * it (Gemini API, "Thought signatures", "Validation" and FAQ).
   */
  #signFirstCalls(): void {
    const start = this.#turns.findLastIndex(({ role, responses }) => role === "user" && responses === 0);
    for (const { role, parts } of this.#turns.slice(start + 1)) {
      const at = role === "model" ? parts.findIndex((part) => part.functionCall !== undefined) : -1;
      const call = parts[at];
      if (call !== undefined && call.thoughtSignature === undefined)
        parts[at] = { ...call, thoughtSignature: UNSIGNED_CALL };
    }
  }
}

function signed(signature: Signature | undefined): { readonly thoughtSignature?: string } {
  const thoughtSignature = ownSignature(signature);
  return thoughtSignature === undefined ? {} : { thoughtSignature };
}

function toolNames(messages: readonly ChatMessage[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const message of messages) {
    if (message.role !== "assistant") continue;
    for (const part of message.parts) if (part.type === "tool-call") names.set(part.id, part.name);
  }
  return names;
}

/** The wire wants an object; what is none, a model's slip mostly, is put into one as it stands. */
function readArguments(argumentsJson: string): JsonObject {
  if (argumentsJson.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(argumentsJson);
    return isJsonObject(value) ? value : { input: value };
  } catch {
    return { input: argumentsJson };
  }
}
