/**
 * What every provider on the OpenAI wire has in common. Sources: OpenAI API reference, chat streaming
 * (`data:` events, `[DONE]`, an extra usage chunk with empty `choices`); providers that put usage into the last
 * chunk with choices (Mistral, Groq, DeepSeek) and vLLM's error objects inside a 200 stream are read the same way.
 */

import { usageFromOpenAi } from "@headrace/core/canonical/usage";
import { isJsonObject } from "@headrace/core/json-object";
import type { ProviderAdapter, ProviderService } from "@headrace/core/provider-adapter";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { type OpenAiChatDialect, PLAIN } from "../wires/openai-chat/dialect.ts";
import { openAiChatProvider } from "../wires/openai-chat/provider.ts";
import { inlineErrorIn, readOpenAiError } from "../wires/openai-chat/provider-errors.ts";
import { streamedUsage } from "../wires/openai-chat/streamed-usage.ts";

const DONE_DATA = "[DONE]";
const OTHER: StreamEventReading = { kind: "other" };
const DONE: StreamEventReading = { kind: "done" };
const USAGE_KEY = Buffer.from('"usage"');

/** A quote inside a JSON string is escaped, so these marks never match a model's own words. */
export const openAiStream: StreamDialect = {
  usageMark: Buffer.from('"prompt_tokens"'),
  errorMark: Buffer.from('"error"'),
  doneMark: Buffer.from(DONE_DATA),
  doneEvent: `data: ${DONE_DATA}\n\n`,
  readEvent,
};

function readEvent(data: string): StreamEventReading {
  if (data === DONE_DATA) return DONE;
  const event = parseObject(data);
  if (event === null) return OTHER;
  const error = inlineErrorIn(event);
  if (error !== null) return { kind: "error", ...error };
  const choices = event.choices;
  if (!Array.isArray(choices)) return OTHER;
  return {
    kind: "chunk",
    usage: streamedUsage(event),
    usageOnly: choices.length === 0 && isJsonObject(event.usage),
    finished: choices.some((choice) => isJsonObject(choice) && typeof choice.finish_reason === "string"),
    textBytes: choices.reduce<number>((bytes, choice) => bytes + choiceTextBytes(choice), 0),
  };
}

/** Fields of a delta that are not the model's words: its envelope, media in base64, and what a search has found. */
const NO_WORDS = new Set(["role", "type", "id", "index", "signature", "data", "image_url", "annotations"]);
/** Mistral's thinking, the deepest known, is at 5. */
const MAX_DELTA_DEPTH = 10;

/** A chat's choice has a delta, a completion's a text. */
function choiceTextBytes(choice: unknown): number {
  return isJsonObject(choice) ? leafTextBytes(choice.delta, 0) + leafTextBytes(choice.text, 0) : 0;
}

/**
 * Providers have added fields to the delta, and lists to its content (`reasoning_content`, `reasoning`, Mistral's
 * `thinking`), so it is read whole.
 */
function leafTextBytes(value: unknown, depth: number): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value !== "object" || value === null || depth > MAX_DELTA_DEPTH) return 0;
  let bytes = 0;
  for (const [name, item] of Object.entries(value))
    if (!NO_WORDS.has(name)) bytes += leafTextBytes(item, depth + 1);
  return bytes;
}

/**
 * The usage object of a whole answer, found from the end so that a long answer need not be parsed for it. Null when
 * the body has none or is not JSON.
 */
export function readUsageAtEnd(body: Buffer): unknown {
  const key = body.lastIndexOf(USAGE_KEY);
  if (key === -1) return null;
  const open = body.indexOf("{", key + USAGE_KEY.length);
  const close = open === -1 ? -1 : endOfObject(body, open);
  return close === -1 ? null : parseObject(body.toString("utf8", open, close));
}

/** Index past the brace that closes the one at `open`, or -1. Usage objects hold no braces inside strings. */
function endOfObject(body: Buffer, open: number): number {
  let depth = 0;
  for (let i = open; i < body.length; i++) {
    if (body[i] === 0x7b) depth++;
    else if (body[i] === 0x7d && --depth === 0) return i + 1;
  }
  return -1;
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

function service(path: string, stream: boolean): ProviderService {
  return {
    path: () => path,
    stream: stream ? openAiStream : null,
    edits: { model: "replace", askUsage: stream, refused: [], added: "" },
    readUsage: readUsageAtEnd,
    tokenUsage: usageFromOpenAi,
  };
}

function chatService({ asksUsage, refused, errorMark }: OpenAiChatDialect): ProviderService {
  const chat = service("/chat/completions", true);
  return {
    ...chat,
    stream: { ...openAiStream, errorMark: Buffer.from(errorMark) },
    edits: { ...chat.edits, askUsage: asksUsage, refused },
  };
}

export interface OpenAiWireProvider {
  readonly id: string;
  readonly title: string;
  readonly defaultBaseUrl: string | null;
  /** How its chats deviate from what any server on this wire takes. */
  readonly dialect?: Partial<OpenAiChatDialect>;
}

/** An adapter on the OpenAI wire is its id, its API root and how it deviates. */
export function openAiWireAdapter({
  id,
  title,
  defaultBaseUrl,
  dialect = {},
}: OpenAiWireProvider): ProviderAdapter {
  return {
    id,
    title,
    baseUrl: () => defaultBaseUrl,
    requiredSettings: [],
    optionalSettings: [],
    probePath: "/models",
    auth: { kind: "key-header", name: "authorization", prefix: "Bearer ", optional: true },
    services: {
      "openai-chat": chatService({ ...PLAIN, ...dialect }),
      "openai-completions": service("/completions", true),
      "openai-embeddings": service("/embeddings", false),
    },
    chat: openAiChatProvider(dialect),
    embedding: null,
    rerank: null,
    readError: readOpenAiError,
  };
}
