/**
 * What every provider on the OpenAI wire has in common. Sources: OpenAI API reference, chat streaming
 * (`data:` events, `[DONE]`, an extra usage chunk with empty `choices`); providers that put usage into the last
 * chunk with choices (Mistral, Groq, DeepSeek) and vLLM's error objects inside a 200 stream are read the same way.
 */

import { usageFromOpenAi } from "@headrace/core/canonical/usage";
import { isJsonObject } from "@headrace/core/json-object";
import type { ProviderAdapter, ProviderService } from "@headrace/core/provider-adapter";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";

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
  if (isJsonObject(event.error) || typeof event.error === "string") return readError(event.error);
  const choices = event.choices;
  if (!Array.isArray(choices)) return OTHER;
  return {
    kind: "chunk",
    usage: event.usage ?? null,
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

function readError(error: Record<string, unknown> | string): StreamEventReading {
  if (typeof error === "string") return { kind: "error", message: error, status: null };
  const { message, code, status } = error;
  return {
    kind: "error",
    message: typeof message === "string" ? message : "the provider gave no message",
    status: [code, status].find(isErrorStatus) ?? null,
  };
}

function isErrorStatus(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 400 && value <= 599;
}

/**
 * The usage object of a whole answer, found from the end so that a long answer need not be parsed for it. Null when
 * the body has none or is not JSON.
 */
function readUsage(body: Buffer): unknown {
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
    readUsage,
    tokenUsage: usageFromOpenAi,
  };
}

export interface OpenAiWireProvider {
  readonly id: string;
  readonly title: string;
  readonly defaultBaseUrl: string | null;
}

/** An adapter on the OpenAI wire is its id and its API root. */
export function openAiWireAdapter({ id, title, defaultBaseUrl }: OpenAiWireProvider): ProviderAdapter {
  return {
    id,
    title,
    baseUrl: () => defaultBaseUrl,
    requiredSettings: [],
    optionalSettings: [],
    probePath: "/models",
    auth: { kind: "key-header", name: "authorization", prefix: "Bearer ", optional: true },
    services: {
      "openai-chat": service("/chat/completions", true),
      "openai-completions": service("/completions", true),
      "openai-embeddings": service("/embeddings", false),
    },
    chat: null,
    embedding: null,
    rerank: null,
    readError: () => ({ message: "The provider gave no reason.", code: null, param: null }),
  };
}
