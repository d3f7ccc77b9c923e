import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { listOf, objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { CallIds, readCreatedAt, readLogprobs } from "./answer-message.ts";
import { finishFromOllama } from "./finish-reasons.ts";
import { errorIn } from "./provider-errors.ts";
import { usageFromOllama } from "./usage.ts";

/** Far more than any answer has; a provider that sends more is out of order. */
const MAX_TOOL_CALLS = 1024;

/**
 * Reads a chat's stream (Ollama API reference, "Chat", "Streaming", "Errors"): lines of JSON, each with a piece of the
 * message; calls come whole. The last line has `done` and the counts; an error is a line of its own.
 */
export class OllamaStreamDecoder implements ChatStreamDecoder {
  readonly #emit: (event: ChatStreamEvent) => void;
  /** Set by the first line. */
  #ids: CallIds | null = null;
  #closed = false;
  #finished = false;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push({ data }: StreamFrame): void {
    if (this.#closed) return;
    const line = parseJsonObject(data);
    if (line === null) {
      this.#fail("sent a line that is no JSON object");
      return;
    }
    const words = errorIn(line);
    if (words !== null) this.#close(words);
    else if (!isJsonObject(line.message) && line.done !== true) this.#fail("sent a line without a message");
    else this.#take(line, this.#ids ?? this.#start(line));
  }

  end(): boolean {
    this.#closed = true;
    return this.#finished;
  }

  #start(line: JsonObject): CallIds {
    const ids = new CallIds(line);
    this.#ids = ids;
    this.#emit({
      type: "start",
      id: "",
      model: textOf(line, "model") ?? "",
      createdAtSeconds: readCreatedAt(line),
    });
    return ids;
  }

  #take(line: JsonObject, ids: CallIds): void {
    const message = objectOf(line, "message") ?? {};
    const thinking = textOf(message, "thinking") ?? "";
    if (thinking !== "") this.#emit({ type: "thinking-delta", choice: 0, text: thinking });
    const text = textOf(message, "content") ?? "";
    if (text !== "") this.#say(text, line);
    for (const call of listOf(message, "tool_calls") ?? []) {
      if (!this.#call(call, ids)) return;
    }
    if (line.done === true) this.#finish(line, ids);
  }

  #say(text: string, line: JsonObject): void {
    const logprobs = line.logprobs === undefined ? undefined : readLogprobs(line);
    if (logprobs === undefined) this.#emit({ type: "text-delta", choice: 0, text });
    else this.#emit({ type: "text-delta", choice: 0, text, logprobs });
  }

  /** False for one that ends the stream. */
  #call(raw: unknown, ids: CallIds): boolean {
    const index = ids.count;
    const call = isJsonObject(raw) ? ids.next(raw) : null;
    if (call === null || index >= MAX_TOOL_CALLS) {
      this.#fail(
        call === null ? "called a tool without its name" : "called more tools than the gateway takes",
      );
      return false;
    }
    const { id, name, argumentsJson } = call;
    this.#emit({ type: "tool-call-start", choice: 0, index, id, name });
    this.#emit({ type: "tool-call-delta", choice: 0, index, argumentsJson });
    return true;
  }

  #finish(line: JsonObject, ids: CallIds): void {
    this.#finished = true;
    this.#closed = true;
    const reason = finishFromOllama(textOf(line, "done_reason") ?? "", ids.count);
    this.#emit({ type: "finish", choice: 0, reason });
    const usage = usageFromOllama(line);
    if (usage !== null) this.#emit({ type: "usage", usage });
  }

  #fail(what: string): void {
    this.#close(`The provider ${what}.`);
  }

  #close(message: string): void {
    this.#closed = true;
    this.#emit({ type: "error", message, status: null });
  }
}
