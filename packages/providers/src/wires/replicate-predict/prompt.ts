import type { AssistantMessage, ChatMessage, ChatRequest } from "@headrace/core/canonical/chat";
import type {
  FilePart,
  ImagePart,
  OpaquePart,
  TextPart,
  ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject } from "@headrace/core/json-object";
import { textOf } from "../../json/read.ts";
import { inlineText } from "../../translation/inline-text.ts";
import type { Losses } from "../../translation/losses.ts";

/** A conversation as a model takes it that knows nothing but a prompt. */
export interface Prompt {
  readonly system: string;
  readonly text: string;
  /** URLs, of which inline ones are data URLs. */
  readonly images: readonly string[];
}

/**
 * One message of a user is the prompt as it stands. Several turns are written as a transcript that ends where the model
 * is to go on, which every chat model understands.
 *
 * @throws GatewayError `invalid_field` for media that a prompt cannot hold
 */
export function writePrompt({ messages }: ChatRequest, losses: Losses): Prompt {
  const writer = new PromptWriter(losses);
  const systems = messages.filter((message) => isSystem(message)).map((message) => writer.textOf(message));
  const turns = messages.filter((message) => !isSystem(message)).map((message) => writer.turn(message));
  const [first, ...others] = turns;
  const system = joined(systems, "\n\n");
  // Nothing but instructions is no prompt, so they are what is said.
  if (first === undefined) return { system: "", text: system, images: writer.images };
  const text =
    others.length === 0 && first.speaker === "User"
      ? first.text
      : `${turns.map((one) => `${one.speaker}: ${one.text}`).join("\n\n")}\n\nAssistant:`;
  return { system, text, images: writer.images };
}

interface Turn {
  readonly speaker: "User" | "Assistant" | "Tool";
  readonly text: string;
}

function isSystem({ role }: ChatMessage): boolean {
  return role === "system" || role === "developer";
}

class PromptWriter {
  readonly images: string[] = [];
  readonly #losses: Losses;

  constructor(losses: Losses) {
    this.#losses = losses;
  }

  turn(message: ChatMessage): Turn {
    switch (message.role) {
      case "assistant":
        return { speaker: "Assistant", text: this.#assistant(message) };
      case "tool":
        this.#losses.extra("message", message.extra);
        return {
          speaker: "Tool",
          text: joined(
            message.parts.map((part) => this.#result(part)),
            "\n",
          ),
        };
      default:
        return { speaker: "User", text: this.textOf(message) };
    }
  }

  textOf({ parts, extra }: ChatMessage): string {
    this.#losses.extra("message", extra);
    return joined(
      parts.map((part) => this.#part(part)),
      "\n",
    );
  }

  #part(part: ChatMessage["parts"][number]): string {
    switch (part.type) {
      case "text":
        return this.#text(part);
      case "image":
        return this.#image(part);
      case "file":
        return this.#file(part);
      case "opaque":
        return this.#loseOpaque(part);
      case "audio":
        throw this.#refuse("audio", "The model takes no audio, and leaving it out would change the answer.");
      default:
        return "";
    }
  }

  #text({ text, extra }: TextPart): string {
    this.#losses.extra("part", extra);
    return text;
  }

  #image({ source, detail, extra }: ImagePart): string {
    this.#losses.extra("part", extra);
    if (detail !== undefined && detail !== "auto") this.#losses.at("part", "detail");
    if (source.kind === "file-id")
      throw this.#refuse(
        "image",
        "The model's provider has no such file; send the image as base64 or by URL.",
      );
    this.images.push(source.kind === "url" ? source.url : `data:${source.mediaType};base64,${source.data}`);
    return "";
  }

  #file(part: FilePart): string {
    this.#losses.extra("part", part.extra);
    const text = inlineText(part);
    if (text === null)
      throw this.#refuse("file", "The model reads files of plain text only; send the document's text.");
    return text;
  }

  /** Its thoughts are not for it to read again; what it called it has to see, to make sense of the results. */
  #assistant({ parts, extra }: AssistantMessage): string {
    this.#losses.extra("message", extra);
    const texts = parts.map((part) => {
      if (part.type === "refusal") return part.text;
      if (part.type === "tool-call") return `[calls ${part.name} with ${part.argumentsJson || "{}"}]`;
      if (part.type !== "image" && part.type !== "audio") return this.#part(part);
      this.#losses.at("part", part.type);
      return "";
    });
    return joined(texts, "\n");
  }

  #result({ name, callId, parts, isError }: ToolResultPart): string {
    const text = joined(
      parts.map((part) => this.#part(part)),
      "\n",
    );
    return `[${isError ? "error" : "result"} of ${name ?? callId}] ${text}`;
  }

  #loseOpaque({ raw }: OpaquePart): string {
    this.#losses.at("part", isJsonObject(raw) ? (textOf(raw, "type") ?? "type") : "type");
    return "";
  }

  #refuse(what: string, message: string): GatewayError {
    return new GatewayError("invalid_field", { param: this.#losses.pathOf("part", what), message });
  }
}

function joined(texts: readonly string[], separator: string): string {
  return texts.filter((text) => text !== "").join(separator);
}
