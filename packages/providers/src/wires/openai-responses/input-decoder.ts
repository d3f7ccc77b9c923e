import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type {
  AssistantMessage,
  AssistantPart,
  ChatMessage,
  UserMessage,
} from "@headrace/core/canonical/chat";
import {
  type AudioPart,
  type Citation,
  type ExtraFields,
  NO_EXTRA,
  type OpaquePart,
  type TextPart,
  type ThinkingPart,
  type ToolResultPart,
} from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { demandList, demandObject, demandOneOf, demandText } from "../../json/demand.ts";
import { extraOf, objectsOf, textOf } from "../../json/read.ts";
import { readAnnotation } from "./annotations.ts";
import { wrapInput } from "./freeform.ts";
import { readFile, readImage, readText } from "./media.ts";
import { isSigned, readReasoningItem, thinkingPart } from "./reasoning-state.ts";
import { flatName } from "./tools-decoder.ts";

const ROLES = ["user", "assistant", "system", "developer"] as const;
/** Ids and states of items mean something only at the provider that keeps them, and this request has to stand alone. */
const MESSAGE_FIELDS = new Set(["type", "role", "content", "id", "status"]);
const CALL_FIELDS = new Set(["type", "id", "status", "call_id", "name", "namespace", "arguments", "input"]);
const RESULT_FIELDS = new Set(["type", "id", "status", "call_id", "name", "namespace", "output"]);
/** Items that are the client's answer to something, by the end of their type; the provider wrote all others. */
const CLIENT_ITEM = /_(output|response)$/;

/** An item or part and where it stands, such as `input[0].content[1]`. */
interface Placed {
  readonly value: JsonObject;
  readonly path: string;
}

/**
 * Reads `instructions` and `input` (OpenAI API reference, "Create a model response"). Consecutive items of the model make
 * one message, and so do consecutive results.
 *
 * @throws GatewayError `missing_field`, `invalid_field`
 */
export function decodeInput(body: JsonObject): readonly ChatMessage[] {
  const reader = new InputReader();
  const { instructions, input } = body;
  if (typeof instructions === "string" && instructions !== "") reader.addSystem(instructions);
  else if (Array.isArray(instructions)) reader.addAll(instructions, "instructions");
  if (typeof input === "string") reader.addUser(input);
  else reader.addAll(demandList(input ?? undefined, "input"), "input");
  return reader.messages;
}

/** A message of the model that may still go on. */
interface Turn extends AssistantMessage {
  readonly parts: AssistantPart[];
}

class InputReader {
  readonly messages: ChatMessage[] = [];
  /** Names of the calls so far: a result does not repeat its own. */
  readonly #callNames = new Map<string, string>();
  #openTurn: Turn | null = null;

  addSystem(text: string): void {
    this.messages.push({ role: "system", parts: [plainPart(text)], extra: NO_EXTRA });
  }

  addUser(text: string): void {
    this.messages.push({ role: "user", parts: [plainPart(text)], extra: NO_EXTRA });
  }

  addAll(items: readonly unknown[], path: string): void {
    for (const [position, value] of items.entries()) {
      const itemPath = `${path}[${position}]`;
      this.#add({ value: demandObject(value, itemPath), path: itemPath });
    }
  }

  #add(item: Placed): void {
    const { value, path } = item;
    const type = value.type ?? (value.role === undefined ? undefined : "message");
    switch (demandText(type, `${path}.type`)) {
      case "message":
        this.#addMessage(item);
        return;
      case "reasoning":
        this.#addReasoning(value);
        return;
      case "function_call":
        this.#addCall(item, demandText(value.arguments, `${path}.arguments`));
        return;
      case "custom_tool_call":
        this.#addCall(item, wrapInput(demandText(value.input, `${path}.input`)));
        return;
      case "function_call_output":
      case "custom_tool_call_output":
        this.#addResult(item);
        return;
      case "item_reference":
        throw unresolved(path);
      default:
        this.#addOpaque(value);
    }
  }

  #addMessage({ value, path }: Placed): void {
    const role = demandOneOf(value.role, `${path}.role`, ROLES);
    const contents = readContents(value.content, `${path}.content`);
    const extra = extraOf(value, MESSAGE_FIELDS);
    switch (role) {
      case "assistant":
        this.#turn().push(...withExtra(contents.map(readAssistantPart), extra));
        return;
      case "user":
        this.messages.push({ role, parts: contents.map(readUserPart), extra });
        return;
      default:
        this.messages.push({ role, parts: contents.map((part) => readText(part.value, part.path)), extra });
    }
  }

  #addReasoning(item: JsonObject): void {
    const { thinking = [], signature } = readReasoningItem(item);
    const parts = this.#turn();
    parts.push(...thinking.map(thinkingPart));
    const last = parts.at(-1);
    if (signature !== undefined && last?.type === "text") parts.splice(-1, 1, { ...last, signature });
  }

  #addCall({ value, path }: Placed, argumentsJson: string): void {
    const { id, state } = unpackToolCallId(demandText(value.call_id ?? undefined, `${path}.call_id`));
    const name = flatName(demandText(value.name ?? undefined, `${path}.name`), textOf(value, "namespace"));
    this.#callNames.set(id, name);
    const parts = this.#turn();
    placeThinking(parts, (state.thinking ?? []).map(thinkingPart));
    parts.push({
      type: "tool-call",
      id,
      name,
      argumentsJson: argumentsJson.trim() === "" ? "{}" : argumentsJson,
      ...(state.signature === undefined ? {} : { signature: state.signature }),
      extra: extraOf(value, CALL_FIELDS),
    });
  }

  #addResult({ value, path }: Placed): void {
    const { id } = unpackToolCallId(demandText(value.call_id ?? undefined, `${path}.call_id`));
    const name = this.#callNames.get(id);
    const result: ToolResultPart = {
      type: "tool-result",
      callId: id,
      ...(name === undefined ? {} : { name }),
      parts: readContents(value.output, `${path}.output`).map(readResultPart),
      isError: false,
      extra: extraOf(value, RESULT_FIELDS),
    };
    const last = this.messages.at(-1);
    if (last?.role === "tool") this.messages.splice(-1, 1, { ...last, parts: [...last.parts, result] });
    else this.messages.push({ role: "tool", parts: [result], extra: NO_EXTRA });
  }

  /** What only this wire has, such as a search that the provider ran. */
  #addOpaque(item: JsonObject): void {
    const part: OpaquePart = { type: "opaque", wire: "openai-responses", raw: item };
    if (CLIENT_ITEM.test(textOf(item, "type") ?? ""))
      this.messages.push({ role: "user", parts: [part], extra: NO_EXTRA });
    else this.#turn().push(part);
  }

  /** The parts of the model's message that is being read. */
  #turn(): AssistantPart[] {
    if (this.#openTurn !== null && this.messages.at(-1) === this.#openTurn) return this.#openTurn.parts;
    this.#openTurn = { role: "assistant", parts: [], extra: NO_EXTRA };
    this.messages.push(this.#openTurn);
    return this.#openTurn.parts;
  }
}

function plainPart(text: string): TextPart {
  return { type: "text", text, extra: NO_EXTRA };
}

/** A text stands for one part. */
function readContents(content: unknown, path: string): readonly Placed[] {
  if (typeof content === "string") return [{ value: { type: "input_text", text: content }, path }];
  return demandList(content ?? undefined, path).map((value, position) => {
    const partPath = `${path}[${position}]`;
    const part = demandObject(value, partPath);
    demandText(part.type, `${partPath}.type`);
    return { value: part, path: partPath };
  });
}

function readUserPart({ value, path }: Placed): UserMessage["parts"][number] {
  switch (value.type) {
    case "input_text":
    case "output_text":
    case "text":
      return readText(value, path);
    case "input_image":
      return readImage(value, path);
    case "input_file":
      return readFile(value, path);
    case "input_audio":
      return readAudio(value, path);
    default:
      return { type: "opaque", wire: "openai-responses", raw: value };
  }
}

function readAssistantPart(placed: Placed): AssistantPart {
  const { value, path } = placed;
  if (value.type === "refusal")
    return { type: "refusal", text: demandText(value.refusal, `${path}.refusal`) };
  const part = readUserPart(placed);
  if (part.type === "file") return { type: "opaque", wire: "openai-responses", raw: value };
  if (part.type !== "text") return part;
  const citations = objectsOf(value, "annotations")
    .map(readAnnotation)
    .filter((citation): citation is Citation => citation !== null);
  return citations.length === 0 ? part : { ...part, citations };
}

/** What no other wire has in a result is told to the model as its JSON text. */
function readResultPart(placed: Placed): ToolResultPart["parts"][number] {
  const part = readUserPart(placed);
  return part.type === "opaque" || part.type === "audio" ? plainPart(JSON.stringify(placed.value)) : part;
}

function readAudio(part: JsonObject, path: string): AudioPart {
  const audioPath = `${path}.input_audio`;
  const audio = demandObject(part.input_audio ?? undefined, audioPath);
  return {
    type: "audio",
    source: {
      kind: "base64",
      mediaType: `audio/${demandText(audio.format, `${audioPath}.format`)}`,
      data: demandText(audio.data, `${audioPath}.data`),
    },
    extra: NO_EXTRA,
  };
}

/** A message of the model has no place of its own for what only this wire knows of it. */
function withExtra(parts: readonly AssistantPart[], extra: ExtraFields): readonly AssistantPart[] {
  const [first, ...others] = parts;
  if (first?.type !== "text" || extra === NO_EXTRA) return parts;
  return [{ ...first, extra: { ...first.extra, ...extra } }, ...others];
}

/**
 * Puts the thinking that a call's id brought along where it was: behind the call before it, and in place of what reasoning
 * items showed of it. Where those have kept their proofs nothing is missing.
 */
function placeThinking(parts: AssistantPart[], carried: readonly ThinkingPart[]): void {
  if (carried.length === 0) return;
  const start = parts.findLastIndex(({ type }) => type === "tool-call") + 1;
  const since = parts.slice(start);
  if (since.some((part) => part.type === "thinking" && isSigned(part))) return;
  const shown = since.findIndex(({ type }) => type === "thinking");
  const others = since.filter(({ type }) => type !== "thinking");
  const place = Math.max(0, shown);
  parts.splice(start, since.length, ...others.slice(0, place), ...carried, ...others.slice(place));
}

function unresolved(path: string): GatewayError {
  return new GatewayError("invalid_field", {
    param: path,
    message: "An item_reference names an item that another provider keeps, so it cannot be read here.",
  });
}
