import type { AssistantMessage, ChatMessage, ChatRequest, UserMessage } from "@headrace/core/canonical/chat";
import type {
  FilePart,
  ImagePart,
  OpaquePart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { parseJsonObject, textOf } from "../../json/read.ts";
import { inlineText } from "../../translation/inline-text.ts";
import type { Losses } from "../../translation/losses.ts";

/**
 * Writes messages (Ollama API reference, "Chat", `messages`): a message is one text with its pictures beside it, and a
 * result of a tool one message.
 *
 * @throws GatewayError `invalid_field` for media that Ollama cannot read, a picture by its URL among them
 */
export function encodeMessages({ messages }: ChatRequest, losses: Losses): readonly JsonObject[] {
  const writer = new MessageWriter(losses);
  return messages.flatMap((message) => writer.write(message));
}

/** What becomes one message's text and pictures. */
interface Content {
  readonly texts: string[];
  readonly images: string[];
}

class MessageWriter {
  readonly #losses: Losses;
  /** Results are matched to calls by the tool's name, which other wires' results do not repeat. */
  readonly #toolNames = new Map<string, string>();

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  write(message: ChatMessage): readonly JsonObject[] {
    this.#losses.extra("message", message.extra);
    switch (message.role) {
      case "system":
      case "developer":
        return [{ role: "system", ...written(this.#contentOf(message.parts)) }];
      case "user":
        return [{ role: "user", ...written(this.#contentOf(message.parts)) }];
      case "assistant":
        return [this.#assistant(message)];
      case "tool":
        return message.parts.map((part) => this.#result(part));
    }
  }

  #contentOf(parts: UserMessage["parts"] | ToolResultPart["parts"]): Content {
    const content: Content = { texts: [], images: [] };
    for (const part of parts) this.#add(content, part);
    return content;
  }

  #add({ texts, images }: Content, part: UserMessage["parts"][number]): void {
    switch (part.type) {
      case "text":
        texts.push(this.#text(part));
        return;
      case "image":
        images.push(this.#image(part));
        return;
      case "file":
        texts.push(this.#textOfFile(part));
        return;
      case "opaque":
        this.#loseOpaque(part);
        return;
      case "audio":
        throw this.#refuse("audio", "The model takes no audio, and leaving it out would change the answer.");
    }
  }

  #text({ text, extra }: TextPart): string {
    this.#losses.extra("part", extra);
    return text;
  }

  #image({ source, detail, extra }: ImagePart): string {
    this.#losses.extra("part", extra);
    if (detail !== undefined && detail !== "auto") this.#losses.at("part", "detail");
    if (source.kind !== "base64")
      throw this.#refuse("image", "The model's provider loads no images itself; send the image as base64.");
    return source.data;
  }

  #textOfFile(part: FilePart): string {
    this.#losses.extra("part", part.extra);
    const text = inlineText(part);
    if (text === null)
      throw this.#refuse("file", "The model reads files of plain text only; send the document's text.");
    return text;
  }

  #assistant({ parts }: AssistantMessage): JsonObject {
    const texts: string[] = [];
    const thoughts: string[] = [];
    const calls: JsonObject[] = [];
    for (const part of parts) {
      if (part.type === "text") texts.push(this.#text(part));
      else if (part.type === "refusal") texts.push(part.text);
      else if (part.type === "thinking") thoughts.push(part.text);
      else if (part.type === "tool-call") calls.push(this.#call(part));
      else if (part.type === "opaque") this.#loseOpaque(part);
      else this.#losses.at("part", part.type);
    }
    const thinking = joined(thoughts);
    return {
      role: "assistant",
      content: joined(texts),
      ...(thinking === "" ? {} : { thinking }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    };
  }

  #call({ id, name, argumentsJson, extra }: ToolCallPart): JsonObject {
    this.#losses.extra("part", extra);
    this.#toolNames.set(id, name);
    const input = parseJsonObject(argumentsJson === "" ? "{}" : argumentsJson);
    // What a model got wrong cannot be sent as an object; the client hears of it.
    if (input === null) this.#losses.at("part", "arguments");
    return { id, function: { name, arguments: input ?? {} } };
  }

  #result({ callId, name, parts, isError, extra }: ToolResultPart): JsonObject {
    this.#losses.extra("part", extra);
    const { texts, images } = this.#contentOf(parts);
    const toolName = name ?? this.#toolNames.get(callId);
    const shown = isError ? [JSON.stringify({ error: joined(texts) })] : texts;
    return {
      role: "tool",
      ...written({ texts: shown, images }),
      ...(toolName === undefined ? {} : { tool_name: toolName }),
      tool_call_id: callId,
    };
  }

  #loseOpaque({ raw }: OpaquePart): void {
    this.#losses.at("part", isJsonObject(raw) ? (textOf(raw, "type") ?? "type") : "type");
  }

  #refuse(what: string, message: string): GatewayError {
    return new GatewayError("invalid_field", { param: this.#losses.pathOf("part", what), message });
  }
}

function written({ texts, images }: Content): JsonObject {
  return { content: joined(texts), ...(images.length === 0 ? {} : { images }) };
}

function joined(texts: readonly string[]): string {
  return texts.filter((text) => text !== "").join("\n");
}
