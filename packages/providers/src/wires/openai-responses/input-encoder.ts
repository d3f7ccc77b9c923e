import type {
  AssistantPart,
  ChatMessage,
  ChatRequest,
  SystemMessage,
  UserMessage,
} from "@headrace/core/canonical/chat";
import type {
  ExtraFields,
  OpaquePart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { parseJsonObject, textOf } from "../../json/read.ts";
import { markLast } from "../../translation/cache-marks.ts";
import type { Losses } from "../../translation/losses.ts";
import { writeAnnotation } from "./annotations.ts";
import { unwrapInput } from "./freeform.ts";
import { type PartStyle, refusePart, writeInputPart } from "./media.ts";
import { freeformNames } from "./tools-encoder.ts";

export interface EncodedInput {
  /** The system's words before all else, where they are one text. */
  readonly instructions: string | null;
  readonly items: readonly JsonObject[];
}

/** Writes messages as items (OpenAI API reference, "Create a model response", `input`). */
export function encodeInput(request: ChatRequest, style: PartStyle, losses: Losses): EncodedInput {
  const writer = new InputWriter(request, style, losses);
  const [first, ...others] = request.messages;
  const instructions = first === undefined || others.length === 0 ? null : instructionsOf(first);
  for (const message of instructions === null ? request.messages : others) writer.add(message);
  return { instructions, items: writer.items };
}

function instructionsOf(message: ChatMessage): string | null {
  if (message.role !== "system" || message.parts.length !== 1) return null;
  const [part] = message.parts;
  const isPlain = Object.keys(message.extra).length === 0 && part !== undefined && isPlainText(part);
  return isPlain && part.text !== "" ? part.text : null;
}

function isPlainText({ cache, extra }: TextPart): boolean {
  return cache === undefined && Object.keys(extra).length === 0;
}

class InputWriter {
  readonly items: JsonObject[] = [];
  readonly #sameWire: boolean;
  readonly #style: PartStyle;
  readonly #losses: Losses;
  readonly #freeform: ReadonlySet<string>;
  /** Calls that were written with plain text, whose results have a kind of item of their own. */
  readonly #customCalls = new Set<string>();

  constructor({ wire, tools }: ChatRequest, style: PartStyle, losses: Losses) {
    this.#sameWire = wire === "openai-responses";
    this.#style = style;
    this.#losses = losses;
    this.#freeform = freeformNames(tools);
  }

  add(message: ChatMessage): void {
    switch (message.role) {
      case "tool":
        this.#ownExtra("message", message.extra);
        for (const part of message.parts) this.#addResult(part);
        return;
      case "assistant":
        this.#ownExtra("message", message.extra);
        this.#addAssistant(message.parts);
        return;
      default:
        this.#addMessage(message);
    }
  }

  #addMessage({ role, parts, extra }: SystemMessage | UserMessage): void {
    const others: JsonObject[] = [];
    const content: JsonObject[] = [];
    for (const part of parts) {
      if (part.type === "opaque") this.#sortOpaque(part, content, others);
      else content.push(this.#userPart(part));
    }
    const [only] = parts;
    const isPlain = parts.length === 1 && only?.type === "text" && isPlainText(only);
    if (content.length > 0)
      this.items.push({
        ...this.#ownExtra("message", extra),
        role,
        content: isPlain ? only.text : content,
      });
    this.items.push(...others);
  }

  #userPart(part: Exclude<UserMessage["parts"][number], OpaquePart>): JsonObject {
    if (part.type === "audio") return refusePart(this.#losses.pathOf("part", "audio"), "audio");
    return { ...this.#ownExtra("part", part.extra), ...writeInputPart(part, this.#style) };
  }

  /** Some are parts of a message, `computer_screenshot`; the others items of their own. */
  #sortOpaque({ wire, raw }: OpaquePart, content: JsonObject[], others: JsonObject[]): void {
    const type = isJsonObject(raw) ? textOf(raw, "type") : undefined;
    if (wire !== "openai-responses" || !isJsonObject(raw)) this.#losses.at("part", type ?? "type");
    else if (type?.startsWith("input_") === true) content.push(raw);
    else others.push(raw);
  }

  #addAssistant(parts: readonly AssistantPart[]): void {
    let content: JsonObject[] = [];
    let extra: ExtraFields = {};
    const flush = () => {
      if (content.length > 0) this.items.push({ ...extra, type: "message", role: "assistant", content });
      content = [];
      extra = {};
    };
    for (const part of parts) {
      if (part.type === "text") {
        const own = this.#ownExtra("part", part.extra);
        // What is known of a message stands with its first text, so it begins another.
        if (Object.keys(own).length > 0) {
          flush();
          extra = own;
        }
        this.#losses.cacheMark("part", part.cache);
        if (part.text !== "") content.push(outputText(part));
      } else if (part.type === "refusal") {
        content.push({ type: "refusal", refusal: part.text });
      } else {
        flush();
        this.#addItem(part);
      }
    }
    flush();
  }

  #addItem(part: Exclude<AssistantPart, { type: "text" | "refusal" }>): void {
    switch (part.type) {
      case "thinking":
        this.#addThinking(part);
        return;
      case "tool-call":
        this.#addCall(part);
        return;
      case "opaque":
        if (part.wire === "openai-responses" && isJsonObject(part.raw)) this.items.push(part.raw);
        else
          this.#losses.at("part", (isJsonObject(part.raw) ? textOf(part.raw, "type") : undefined) ?? "type");
        return;
      case "image":
      case "audio":
        this.#losses.at("part", part.type); // the model's own, which it does not take back
    }
  }

  /** Thinking that nobody has signed for OpenAI is of no use to it. */
  #addThinking({ text, signature, redacted }: ThinkingPart): void {
    const signed = signature ?? redacted;
    if (signed?.signer !== "openai") return;
    this.items.push({
      type: "reasoning",
      summary: text === "" ? [] : [{ type: "summary_text", text }],
      encrypted_content: signed.value,
    });
  }

  #addCall({ id, name, argumentsJson, cache, extra }: ToolCallPart): void {
    this.#losses.cacheMark("part", cache);
    const own = this.#ownExtra("part", extra);
    const call = { call_id: id, name };
    if (this.#freeform.has(name)) {
      this.#customCalls.add(id);
      this.items.push({ ...own, type: "custom_tool_call", ...call, input: unwrapInput(argumentsJson) });
    } else {
      this.items.push({ ...own, type: "function_call", ...call, arguments: wholeArguments(argumentsJson) });
    }
  }

  #addResult(result: ToolResultPart): void {
    const { callId, extra } = result;
    this.items.push({
      ...this.#ownExtra("part", extra),
      type: this.#customCalls.has(callId) ? "custom_tool_call_output" : "function_call_output",
      call_id: callId,
      output: this.#output(result),
    });
  }

  /** A result has no mark of its own for having failed, so its text says it. */
  #output(result: ToolResultPart): string | readonly JsonObject[] {
    const { isError } = result;
    const parts = markLast(result.parts, result.cache);
    const texts = parts.filter((part) => part.type === "text");
    if (isError && texts.length === parts.length) {
      for (const { cache } of texts) this.#losses.cacheMark("part", cache);
      return JSON.stringify({ error: texts.map(({ text }) => text).join("\n") });
    }
    if (isError) this.#losses.at("part", "is_error");
    if (parts.length === 0) return "";
    const [only] = texts;
    if (parts.length === 1 && only !== undefined && isPlainText(only)) return only.text;
    return parts.map((part) => this.#userPart(part));
  }

  #ownExtra(place: "message" | "part", extra: ExtraFields): ExtraFields {
    if (this.#sameWire) return extra;
    this.#losses.extra(place, extra);
    return {};
  }
}

function outputText({ text, citations = [] }: TextPart): JsonObject {
  return {
    type: "output_text",
    text,
    annotations: citations.map((citation) => writeAnnotation(citation, text.length)),
  };
}

/** Half of the arguments of a call that was cut off would be refused with all of the conversation. */
function wholeArguments(argumentsJson: string): string {
  if (argumentsJson.trim() === "") return "{}";
  return parseJsonObject(argumentsJson) === null
    ? JSON.stringify({ arguments: argumentsJson })
    : argumentsJson;
}
