/** The message of a whole answer or of one line of a stream: both look the same (Ollama API reference, "Chat"). */
import type { TokenLogprob } from "@headrace/core/canonical/chat";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import { numberOf, objectOf, objectsOf, textOf } from "../../json/read.ts";

export interface OllamaCall {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
}

/** `created_at`, RFC 3339. */
export function readCreatedAt(body: JsonObject): number | null {
  const createdAtMs = Date.parse(textOf(body, "created_at") ?? "");
  return Number.isNaN(createdAtMs) ? null : Math.floor(createdAtMs / 1000);
}

/**
 * Gives ids to calls that have none, which is all but those of the newest servers: the same for the same answer and, for
 * the moment of its making is in them, of their own in a conversation.
 */
export class CallIds {
  readonly #prefix: string;
  #count = 0;

  /** @param body - the answer, or the first line of it */
  constructor(body: JsonObject) {
    this.#prefix = (textOf(body, "created_at") ?? "").replace(/\D/g, "").slice(0, 24);
  }

  /** Calls given out so far. */
  get count(): number {
    return this.#count;
  }

  /** Null for what is no call. Arguments are an object, not its text. */
  next(raw: JsonObject): OllamaCall | null {
    const call = objectOf(raw, "function") ?? {};
    const name = textOf(call, "name") ?? "";
    if (name === "") return null;
    const index = this.#count++;
    const own = this.#prefix === "" ? `call_${index}_${name}` : `call_${this.#prefix}_${index}`;
    return { id: textOf(raw, "id") || own, name, argumentsJson: argumentsOf(call) };
  }
}

function argumentsOf(call: JsonObject): string {
  if (isJsonObject(call.arguments)) return JSON.stringify(call.arguments);
  return textOf(call, "arguments") || "{}";
}

/** Ollama API reference, "Chat", `logprobs`: as OpenAI writes them. Undefined when there are none. */
export function readLogprobs(body: JsonObject): readonly TokenLogprob[] | undefined {
  const read = objectsOf(body, "logprobs").flatMap((raw) => {
    const token = readToken(raw);
    if (token === null) return [];
    const top = objectsOf(raw, "top_logprobs").flatMap((one) => readToken(one) ?? []);
    return [{ ...token, top }];
  });
  return read.length === 0 ? undefined : read;
}

function readToken(raw: JsonObject): Omit<TokenLogprob, "top"> | null {
  const token = textOf(raw, "token");
  const logprob = numberOf(raw, "logprob");
  return token === undefined || logprob === undefined ? null : { token, logprob };
}
