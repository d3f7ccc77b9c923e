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
import { textOf } from "../../json/read.ts";
import { inlineText } from "../../translation/inline-text.ts";
import type { Losses } from "../../translation/losses.ts";

/**
 * Writes messages (Cohere API reference, "Chat", `messages`). System and developer messages before all others become the
 * one system turn, which has to be first; a later one keeps its place as a user's turn between `<system>` marks. When there
 * are no other messages, the last of them is the user's.
 *
 * @throws GatewayError `invalid_field` for media that Cohere cannot read
 */
export function encodeMessages({ messages }: ChatRequest, losses: Losses): readonly JsonObject[] {
  const writer = new MessageWriter(losses);
  const firstOther = messages.findIndex((message) => !isSystem(message));
  const heads = firstOther === -1 ? messages.length - 1 : firstOther;
  const system = messages.slice(0, heads).flatMap((message) => writer.textBlocks(message));
  const others = messages.slice(heads).flatMap((message) => writer.write(message, firstOther !== -1));
  return system.length === 0 ? others : [{ role: "system", content: contentOf(system) }, ...others];
}

function isSystem({ role }: ChatMessage): boolean {
  return role === "system" || role === "developer";
}

class MessageWriter {
  readonly #losses: Losses;

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  textBlocks({ parts, extra }: ChatMessage): readonly JsonObject[] {
    this.#losses.extra("message", extra);
    return parts.flatMap((part) => (part.type === "text" ? this.#textBlock(part) : []));
  }

  write(message: ChatMessage, marksSystem: boolean): readonly JsonObject[] {
    switch (message.role) {
      case "system":
      case "developer":
        return this.#systemTurn(message, marksSystem);
      case "user":
        this.#losses.extra("message", message.extra);
        return turn(
          "user",
          message.parts.flatMap((part) => this.#userBlock(part)),
        );
      case "assistant":
        this.#losses.extra("message", message.extra);
        return this.#assistantTurn(message);
      case "tool":
        this.#losses.extra("message", message.extra);
        return this.#toolTurns(message.parts);
    }
  }

  #systemTurn(message: ChatMessage, marks: boolean): readonly JsonObject[] {
    const blocks = this.textBlocks(message);
    return turn(
      "user",
      marks
        ? blocks.map((block) => textBlock(`<system>\n${textOf(block, "text") ?? ""}\n</system>`))
        : blocks,
    );
  }

  #userBlock(part: UserMessage["parts"][number]): readonly JsonObject[] {
    switch (part.type) {
      case "text":
        return this.#textBlock(part);
      case "image":
        return [this.#imageBlock(part)];
      case "file":
        return [textBlock(this.#textOfFile(part))];
      case "opaque":
        return this.#loseOpaque(part);
      case "audio":
        throw this.#refuse("audio", "The model takes no audio, and leaving it out would change the answer.");
    }
  }

  #textBlock({ text, extra }: TextPart): readonly JsonObject[] {
    this.#losses.extra("part", extra);
    return text === "" ? [] : [textBlock(text)];
  }

  #imageBlock({ source, detail, extra }: ImagePart): JsonObject {
    this.#losses.extra("part", extra);
    if (source.kind === "file-id")
      throw this.#refuse(
        "image",
        "The model's provider has no such file; send the image as base64 or by URL.",
      );
    const url = source.kind === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`;
    return { type: "image_url", image_url: { url, ...(detail === undefined ? {} : { detail }) } };
  }

  #textOfFile(part: FilePart): string {
    this.#losses.extra("part", part.extra);
    const text = inlineText(part);
    if (text === null)
      throw this.#refuse("file", "The model reads files of plain text only; send the document's text.");
    return text;
  }

  /** A turn with calls has a plan and no text, so that what was said before the calls is the plan. */
  #assistantTurn({ parts }: AssistantMessage): readonly JsonObject[] {
    const calls = parts.flatMap((part) => (part.type === "tool-call" ? [this.#call(part)] : []));
    const words: string[] = [];
    for (const part of parts) {
      if (part.type === "text") this.#losses.extra("part", part.extra);
      if (part.type === "text" || part.type === "refusal") words.push(part.text);
      else if (part.type === "thinking" && calls.length > 0) words.push(part.text);
      else if (part.type === "opaque") this.#loseOpaque(part);
      else if (part.type === "image" || part.type === "audio") this.#losses.at("part", part.type);
    }
    const said = words.filter((text) => text.trim() !== "");
    if (calls.length === 0) return turn("assistant", said.map(textBlock));
    const plan = said.length === 0 ? {} : { tool_plan: said.join("\n") };
    return [{ role: "assistant", ...plan, tool_calls: calls }];
  }

  #call({ id, name, argumentsJson, extra }: ToolCallPart): JsonObject {
    this.#losses.extra("part", extra);
    const json = argumentsJson === "" ? "{}" : argumentsJson;
    return { id, type: "function", function: { name, arguments: json } };
  }

  /** Results are text; pictures among them follow in a turn of the user's, for they have no other place. */
  #toolTurns(results: readonly ToolResultPart[]): readonly JsonObject[] {
    const turns = results.map((result) => this.#result(result));
    const images = results.flatMap(({ parts }) => parts).filter((part) => part.type === "image");
    return [
      ...turns,
      ...turn(
        "user",
        images.map((image) => this.#imageBlock(image)),
      ),
    ];
  }

  #result({ callId, parts, isError, extra }: ToolResultPart): JsonObject {
    this.#losses.extra("part", extra);
    const texts = parts.flatMap((part) => {
      if (part.type === "image") return [];
      if (part.type === "file") return [this.#textOfFile(part)];
      this.#losses.extra("part", part.extra);
      return [part.text];
    });
    const text = texts.join("\n");
    // A result may not be empty, and is best a JSON object.
    const content = isError ? JSON.stringify({ error: text }) : text === "" ? "{}" : text;
    return { role: "tool", tool_call_id: callId, content };
  }

  #loseOpaque({ raw }: OpaquePart): readonly JsonObject[] {
    this.#losses.at("part", isJsonObject(raw) ? (textOf(raw, "type") ?? "type") : "type");
    return [];
  }

  #refuse(what: string, message: string): GatewayError {
    return new GatewayError("invalid_field", { param: this.#losses.pathOf("part", what), message });
  }
}

function textBlock(text: string): JsonObject {
  return { type: "text", text };
}

/** A turn without content is refused. */
function turn(role: "user" | "assistant", blocks: readonly JsonObject[]): readonly JsonObject[] {
  return blocks.length === 0 ? [] : [{ role, content: contentOf(blocks) }];
}

/** A single text is written as one, as nearly every client would. */
function contentOf(blocks: readonly JsonObject[]): string | readonly JsonObject[] {
  const [first, ...others] = blocks;
  return (others.length === 0 && first !== undefined ? textOf(first, "text") : undefined) ?? blocks;
}
