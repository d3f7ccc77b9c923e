/**
 * What the relay must know of a stream on this wire, and of one of completions, which has the same form. Sources: OpenAI
 * API reference, chat streaming (`data:` events, `[DONE]`, an extra usage chunk with empty `choices`); providers that put
 * usage into the last chunk with choices (Mistral, Groq, DeepSeek) and vLLM's error objects inside a 200 stream are read
 * the same way.
 */
import { isJsonObject } from "@headrace/core/json-object";
import type { StreamDialect, StreamEventReading } from "@headrace/core/wire/stream-dialect";
import { parseJsonObject } from "../../json/read.ts";
import { inlineErrorIn } from "./provider-errors.ts";
import { streamedUsage } from "./streamed-usage.ts";

const DONE_DATA = "[DONE]";
const OTHER: StreamEventReading = { kind: "other" };
const DONE: StreamEventReading = { kind: "done" };

/** A quote inside a JSON string is escaped, so these marks never match a model's own words. */
export const openAiChatStream: StreamDialect = {
  usageMark: Buffer.from('"prompt_tokens"'),
  errorMark: Buffer.from('"error"'),
  doneMark: Buffer.from(DONE_DATA),
  doneEvent: `data: ${DONE_DATA}\n\n`,
  readEvent,
};

function readEvent(data: string): StreamEventReading {
  if (data === DONE_DATA) return DONE;
  const event = parseJsonObject(data);
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
