/** The turns of a conversation, from a client. Source: Gemini API reference, "Caching", `Content`, `Part`. */
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import type {
  AssistantMessage,
  AssistantPart,
  ChatMessage,
  UserMessage,
} from "@headrace/core/canonical/chat";
import type { TextPart, ToolCallPart, ToolResultPart } from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import { camelFields } from "../../google/field-names.ts";
import { demandList, demandObject, demandOneOf, demandText, optional } from "../../json/demand.ts";
import { extraOf, textOf } from "../../json/read.ts";
import { readFunctionResponse } from "./function-response.ts";
import { demandMedia, kindOfType, typeOfSource } from "./media.ts";
import { OpenCalls } from "./open-calls.ts";
import { readThoughtSignature } from "./signatures.ts";

type UserPart = UserMessage["parts"][number];

const ROLES = ["user", "model", "function", "tool"] as const;
const CONTENT_FIELDS: ReadonlySet<string> = new Set(["role", "parts"]);
const TEXT_FIELDS: ReadonlySet<string> = new Set(["text", "thought", "thoughtSignature"]);
const CALL_FIELDS: ReadonlySet<string> = new Set(["functionCall", "thoughtSignature"]);
const RESPONSE_FIELDS: ReadonlySet<string> = new Set(["functionResponse"]);
const MEDIA_FIELDS: ReadonlySet<string> = new Set(["inlineData", "fileData", "thought", "thoughtSignature"]);
const HOLDS_DATA = /^(?!thought|partMetadata|videoMetadata|mediaResolution)/;

/** @throws GatewayError `missing_field`, `invalid_field` with a path such as `contents[0].parts[1].text` */
export function decodeContents(raw: unknown): readonly ChatMessage[] {
  const decoder = new ContentsDecoder();
  for (const [index, content] of listOfContents(raw).entries()) {
    const path = `contents[${index}]`;
    if (typeof content === "string") decoder.add({ parts: [{ text: content }] }, path);
    else decoder.add(camelFields(demandObject(content, path)), path);
  }
  return decoder.messages;
}

/** Proto JSON wants a list; Google's SDKs let their users write a single content, and others pass that on. */
function listOfContents(raw: unknown): readonly unknown[] {
  if (typeof raw === "string" || (typeof raw === "object" && raw !== null && !Array.isArray(raw)))
    return [raw];
  return demandList(raw ?? undefined, "contents");
}

/** The text of a system instruction, part by part. */
export function decodeInstruction(raw: unknown): readonly TextPart[] {
  const path = "systemInstruction";
  if (typeof raw === "string") return [textPart(raw)];
  const parts = demandObject(raw, path).parts ?? [];
  return demandList(parts, `${path}.parts`).map((part, index) => {
    const at = `${path}.parts[${index}]`;
    return textPart(demandText(demandObject(part, at).text, `${at}.text`));
  });
}

class ContentsDecoder {
  readonly messages: ChatMessage[] = [];
  readonly #calls = new OpenCalls();
  /** The parts of the last message, while it is one that more may be added to. */
  #modelParts: AssistantPart[] | null = null;
  #resultParts: ToolResultPart[] | null = null;

  add(content: JsonObject, path: string): void {
    const role = optional(content.role, `${path}.role`, demandRole) ?? "user";
    const parts = demandList(content.parts ?? [], `${path}.parts`).map((part, index) => {
      const at = `${path}.parts[${index}]`;
      return { path: at, part: camelFields(demandObject(part, at)) };
    });
    const extra = extraOf(content, CONTENT_FIELDS);
    if (role === "model") this.#addModel(parts, extra);
    else this.#addUser(parts, extra);
  }

  /** A streamed answer comes back as a content for each of its chunks: they are one turn. */
  #addModel(placed: readonly PlacedPart[], extra: AssistantMessage["extra"]): void {
    if (this.#modelParts === null) {
      const parts: AssistantPart[] = [];
      this.#push({ role: "assistant", parts, extra });
      this.#modelParts = parts;
    }
    for (const part of placed) joinInto(this.#modelParts, this.#modelPart(part));
  }

  #addUser(parts: readonly PlacedPart[], extra: UserMessage["extra"]): void {
    const results = parts.filter(({ part }) => part.functionResponse !== undefined);
    const others = parts.filter(({ part }) => part.functionResponse === undefined);
    if (results.length > 0) this.#addResults(results);
    if (others.length > 0 || results.length === 0)
      this.#push({ role: "user", parts: others.map(userPart), extra });
  }

  #addResults(placed: readonly PlacedPart[]): void {
    if (this.#resultParts === null) {
      const parts: ToolResultPart[] = [];
      this.#push({ role: "tool", parts, extra: NO_EXTRA });
      this.#resultParts = parts;
    }
    for (const part of placed) this.#resultParts.push(this.#resultPart(part));
  }

  #push(message: ChatMessage): void {
    this.messages.push(message);
    this.#modelParts = null;
    this.#resultParts = null;
  }

  #modelPart({ part, path }: PlacedPart): AssistantPart {
    const proof = readProof(part);
    if (part.functionCall !== undefined) return this.#callPart({ part, path }, proof.signature);
    if (part.inlineData !== undefined || part.fileData !== undefined) {
      const source = demandMedia(part, path);
      const kind = kindOfType(typeOfSource(source));
      if (kind === "file") return { type: "opaque", wire: "gemini-generate", raw: part };
      return { type: kind, source, extra: extraOf(part, MEDIA_FIELDS) };
    }
    if (isUnknown(part)) return { type: "opaque", wire: "gemini-generate", raw: part };
    const text = optional(part.text, `${path}.text`, demandText) ?? "";
    const extra = extraOf(part, TEXT_FIELDS);
    if (part.thought === true || proof.redacted !== undefined)
      return { type: "thinking", text, ...proof, extra };
    return { type: "text", text, ...proof, extra };
  }

  #callPart({ part, path }: PlacedPart, proof: ToolCallPart["signature"]): ToolCallPart {
    const call = demandObject(part.functionCall, `${path}.functionCall`);
    const name = demandText(call.name, `${path}.functionCall.name`);
    const args = optional(call.args, `${path}.functionCall.args`, demandObject) ?? {};
    const packed = optional(call.id, `${path}.functionCall.id`, demandText) ?? "";
    const { id, state } = unpackToolCallId(packed === "" ? idAt(path) : packed);
    const signature = proof ?? state.signature;
    this.#calls.add(id, name);
    return {
      type: "tool-call",
      id,
      name,
      argumentsJson: JSON.stringify(args),
      ...(signature === undefined ? {} : { signature }),
      extra: extraOf(part, CALL_FIELDS),
    };
  }

  #resultPart({ part, path }: PlacedPart): ToolResultPart {
    const at = `${path}.functionResponse`;
    const response = camelFields(demandObject(part.functionResponse, at));
    const name = demandText(response.name, `${at}.name`);
    const given = unpackToolCallId(optional(response.id, `${at}.id`, demandText) ?? "").id;
    return {
      type: "tool-result",
      callId: this.#calls.answer(given, name) ?? (given === "" ? idAt(path) : given),
      name,
      ...readFunctionResponse(response, at),
      extra: extraOf(part, RESPONSE_FIELDS),
    };
  }
}

interface PlacedPart {
  readonly part: JsonObject;
  readonly path: string;
}

function userPart({ part, path }: PlacedPart): UserPart {
  if (part.functionCall !== undefined)
    throw new GatewayError("invalid_field", {
      param: `${path}.functionCall`,
      message: `The field "${path}.functionCall" belongs into a content of the role "model".`,
    });
  if (part.inlineData !== undefined || part.fileData !== undefined) {
    const source = demandMedia(part, path);
    return { type: kindOfType(typeOfSource(source)), source, extra: extraOf(part, MEDIA_FIELDS) };
  }
  if (isUnknown(part)) return { type: "opaque", wire: "gemini-generate", raw: part };
  const text = optional(part.text, `${path}.text`, demandText) ?? "";
  return { type: "text", text, extra: extraOf(part, TEXT_FIELDS) };
}

/** Something else than text, such as code that ran at Google. */
function isUnknown(part: JsonObject): boolean {
  return part.text === undefined && Object.keys(part).some((name) => HOLDS_DATA.test(name));
}

function readProof(part: JsonObject): ReturnType<typeof readThoughtSignature> {
  const text = textOf(part, "thoughtSignature");
  return text === undefined || text === "" ? {} : readThoughtSignature(text);
}

/** Pieces of one text, or of one thought up to its signature, become one part again. */
function joinInto(parts: AssistantPart[], part: AssistantPart): void {
  const last = parts.at(-1);
  const whole = last === undefined ? null : join(last, part);
  if (whole === null) parts.push(part);
  else parts.splice(-1, 1, whole);
}

function join(one: AssistantPart, other: AssistantPart): AssistantPart | null {
  if (one.type !== "text" && one.type !== "thinking") return null;
  if (one.type !== other.type || one.signature !== undefined || one.extra !== NO_EXTRA) return null;
  if (other.extra !== NO_EXTRA) return null;
  if (one.type === "text")
    // A part with a signature and one without must not be merged (Gemini API, "Thought signatures").
    return other.type === "text" && other.signature === undefined
      ? { ...one, text: one.text + other.text }
      : null;
  if (one.redacted !== undefined || other.type !== "thinking" || other.redacted !== undefined) return null;
  return { ...other, text: one.text + other.text };
}

/** The same for the same place, and so in every turn of a conversation. */
function idAt(path: string): string {
  const [content = "0", part = "0"] = path.match(/\d+/g) ?? [];
  return `call_${content}_${part}`;
}

function textPart(text: string): TextPart {
  return { type: "text", text, extra: NO_EXTRA };
}

function demandRole(value: unknown, path: string): (typeof ROLES)[number] {
  return demandOneOf(value, path, ROLES);
}
