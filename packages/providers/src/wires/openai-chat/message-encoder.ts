import type {
  AssistantMessage,
  ChatMessage,
  SystemMessage,
  UserMessage,
} from "@headrace/core/canonical/chat";
import type {
  ExtraFields,
  OpaquePart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";
import { markLast } from "../../translation/cache-marks.ts";
import { encodeCacheMark } from "./cache-marks.ts";
import { encodeAudio, encodeFile, encodeImage, type MediaScope } from "./media-encoder.ts";
import { encodeThinkingBack } from "./reasoning-back.ts";
import type { EncodeScope } from "./request-encoder.ts";
import { toolCallId } from "./tool-call-ids.ts";

/**
 * Writes messages (OpenAI API reference, "Create chat completion", `messages`): a result of a tool is a message of its
 * own, and pictures in it follow as a user's, because results are text.
 *
 * @param instruction - words for the system, behind its own; "" for none
 * @throws GatewayError `invalid_field` for media that the provider cannot read
 */
export function encodeMessages(scope: EncodeScope, instruction: string): readonly JsonObject[] {
  const writer = new MessageWriter(scope);
  const { messages } = scope.request;
  if (instruction === "") return messages.flatMap((message) => writer.write(message));
  const [first, ...others] = messages;
  const head = first !== undefined && isSystem(first) ? writer.systemWith(first, instruction) : null;
  return [
    head ?? { role: "system", content: instruction },
    ...(head === null ? messages : others).flatMap((message) => writer.write(message)),
  ];
}

function isSystem(message: ChatMessage): message is SystemMessage {
  return message.role === "system" || message.role === "developer";
}

class MessageWriter {
  readonly #scope: EncodeScope;
  readonly #sameWire: boolean;

  constructor(scope: EncodeScope) {
    this.#scope = scope;
    this.#sameWire = scope.request.wire === "openai-chat";
  }

  write(message: ChatMessage): readonly JsonObject[] {
    switch (message.role) {
      case "system":
      case "developer":
        return [this.#system(message)];
      case "user":
        return this.#user(message);
      case "assistant":
        return this.#assistant(message);
      case "tool":
        this.#extra(message.extra);
        return this.#results(message.parts);
    }
  }

  systemWith(message: SystemMessage, instruction: string): JsonObject {
    const parts = [...message.parts, { type: "text", text: instruction, extra: {} } as const];
    return this.#system({ ...message, parts });
  }

  #system({ role, parts, extra }: SystemMessage): JsonObject {
    return {
      role: role === "developer" && !this.#scope.dialect.developerRole ? "system" : role,
      content: this.#texts(parts, "\n\n"),
      ...this.#extra(extra),
    };
  }

  #user({ parts, extra }: UserMessage): readonly JsonObject[] {
    const written = parts.flatMap((part) => this.#userPart(part));
    const kept = this.#extra(extra);
    return written.length === 0 ? [] : [{ role: "user", content: contentOf(written), ...kept }];
  }

  #userPart(part: UserMessage["parts"][number]): readonly JsonObject[] {
    switch (part.type) {
      case "text":
        return part.text === "" ? [] : [this.#textPart(part)];
      case "image":
        return [
          {
            ...encodeImage(part, this.#media),
            ...this.#partExtra(part.extra),
            ...encodeCacheMark(part.cache, this.#scope.cacheMarks),
          },
        ];
      case "file":
        return [
          {
            ...encodeFile(part, this.#media),
            ...this.#partExtra(part.extra),
            ...encodeCacheMark(part.cache, this.#scope.cacheMarks),
          },
        ];
      case "audio":
        return [{ ...encodeAudio(part, this.#media), ...this.#partExtra(part.extra) }];
      case "opaque":
        return this.#opaque(part);
    }
  }

  #assistant({ parts, extra }: AssistantMessage): readonly JsonObject[] {
    const texts: TextPart[] = [];
    const calls: JsonObject[] = [];
    const opaque: JsonObject[] = [];
    let refusal: string | null = null;
    for (const part of parts) {
      if (part.type === "text") texts.push(part);
      else if (part.type === "tool-call") calls.push(this.#call(part));
      else if (part.type === "opaque") opaque.push(...this.#opaque(part));
      else if (part.type === "refusal") refusal = (refusal ?? "") + part.text;
      else if (part.type !== "thinking") this.#scope.losses.at("part", part.type);
    }
    // A refusal is what was said; only clients on this wire know to say it apart.
    const refused = refusal !== null && this.#sameWire ? { refusal } : {};
    if (refusal !== null && !this.#sameWire) texts.push({ type: "text", text: refusal, extra: {} });
    const said = this.#texts(texts, "");
    const kept = this.#extra(extra);
    if (said === "" && calls.length === 0 && opaque.length === 0 && refusal === null) return [];
    const content = opaque.length > 0 ? [...texts.map((text) => this.#textPart(text)), ...opaque] : said;
    return [
      {
        role: "assistant",
        content: content === "" && (calls.length > 0 || refusal !== null) ? null : content,
        ...refused,
        ...encodeThinkingBack(parts, this.#scope),
        ...(calls.length === 0 ? {} : { tool_calls: calls }),
        ...kept,
      },
    ];
  }

  #call({ id, name, argumentsJson, cache, extra }: ToolCallPart): JsonObject {
    this.#scope.losses.cacheMark("part", cache);
    return {
      id: toolCallId(id, this.#scope.dialect.toolCallIds),
      type: "function",
      function: { name, arguments: argumentsJson === "" ? "{}" : argumentsJson },
      ...this.#partExtra(extra),
    };
  }

  #results(results: readonly ToolResultPart[]): readonly JsonObject[] {
    const written = results.map((result) => this.#result(result));
    const images = results
      .flatMap(({ parts }) => parts)
      .filter((part) => part.type === "image")
      .flatMap((image) => this.#userPart(image));
    return images.length === 0 ? written : [...written, { role: "user", content: images }];
  }

  #result({ callId, parts, isError, cache, extra }: ToolResultPart): JsonObject {
    const texts = parts.flatMap((part): readonly TextPart[] => {
      if (part.type === "image") return [];
      if (part.type === "text") return [part];
      return [{ type: "text", text: textOf(encodeFile(part, this.#textOnlyMedia), "text") ?? "", extra: {} }];
    });
    const onPart = this.#scope.cacheMarks?.ofResults === "part";
    return {
      role: "tool",
      tool_call_id: toolCallId(callId, this.#scope.dialect.toolCallIds),
      content: this.#texts(
        markLast(isError ? [this.#errorText(texts)] : texts, onPart ? cache : undefined),
        "\n",
      ),
      ...this.#extra(extra),
      ...(onPart ? {} : encodeCacheMark(cache, this.#scope.cacheMarks)),
    };
  }

  /** A result has no sign of its own for having failed, so its text says it. */
  #errorText(texts: readonly TextPart[]): TextPart {
    for (const { extra } of texts) this.#partExtra(extra);
    const marked = texts.findLast(({ cache }) => cache !== undefined);
    return {
      type: "text",
      text: JSON.stringify({ error: texts.map(({ text }) => text).join("\n") }),
      ...(marked?.cache === undefined ? {} : { cache: marked.cache }),
      extra: {},
    };
  }

  /** One text where parts are not needed: many servers know no other content but of users. */
  #texts(parts: readonly TextPart[], between: string): string | readonly JsonObject[] {
    if (this.#scope.cacheMarks !== null && parts.some(({ cache }) => cache !== undefined))
      return parts.filter(({ text }) => text !== "").map((part) => this.#textPart(part));
    for (const { extra } of parts) this.#partExtra(extra);
    return parts.map(({ text }) => text).join(between);
  }

  #textPart({ text, cache, extra }: TextPart): JsonObject {
    return {
      type: "text",
      text,
      ...this.#partExtra(extra),
      ...encodeCacheMark(cache, this.#scope.cacheMarks),
    };
  }

  #opaque({ wire, raw }: OpaquePart): readonly JsonObject[] {
    if (this.#sameWire && wire === "openai-chat" && isJsonObject(raw)) return [raw];
    this.#scope.losses.at("part", isJsonObject(raw) ? (textOf(raw, "type") ?? "type") : "type");
    return [];
  }

  #extra(extra: ExtraFields): ExtraFields {
    const { losses, dialect } = this.#scope;
    if (!this.#sameWire) {
      losses.extra("message", extra);
      return {};
    }
    if (dialect.refusedMessageFields.length === 0) return extra;
    const kept: Record<string, unknown> = { ...extra };
    for (const name of dialect.refusedMessageFields) {
      if (kept[name] === undefined) continue;
      delete kept[name];
      losses.at("message", name);
    }
    return kept;
  }

  #partExtra(extra: ExtraFields): ExtraFields {
    if (this.#sameWire) return extra;
    this.#scope.losses.extra("part", extra);
    return {};
  }

  get #media(): MediaScope {
    return { files: this.#scope.dialect.files, losses: this.#scope.losses };
  }

  get #textOnlyMedia(): MediaScope {
    return { files: "text-only", losses: this.#scope.losses };
  }
}

/** A single text is written as one, as nearly every client would. */
function contentOf(parts: readonly JsonObject[]): string | readonly JsonObject[] {
  const [first, ...others] = parts;
  if (first === undefined || others.length > 0 || Object.keys(first).length > 2) return parts;
  return textOf(first, "text") ?? parts;
}
