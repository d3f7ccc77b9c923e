import type { ThinkingPart } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { usageFromOpenAi } from "@headrace/core/canonical/usage";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { countOf, objectOf, objectsOf, parseJsonObject, textOf } from "../../json/read.ts";
import {
  readAnnotations,
  readContentList,
  readImageSource,
  readLogprobs,
  readSources,
} from "./content-reader.ts";
import { finishFromOpenAi } from "./finish-reasons.ts";
import { inlineErrorIn } from "./provider-errors.ts";
import { readReasoningDetails } from "./reasoning-details.ts";
import { StreamedCalls } from "./streamed-calls.ts";
import { streamedUsage } from "./streamed-usage.ts";

const DONE_DATA = "[DONE]";
/** More than any provider gives. */
const MAX_CHOICES = 128;

interface OpenChoice {
  readonly index: number;
  readonly calls: StreamedCalls;
  said: boolean;
  finished: boolean;
  /** What it has thought without proof since the last proof. */
  thought: string;
}

type State = "before-start" | "open" | "closed";

/**
 * Reads a chat's stream (OpenAI API reference, "The chat completion chunk object"): chunks with pieces of choices, in the
 * last one of each choice what ended it, one with usage and no choices, `[DONE]`. Servers leave out nearly any of these; a
 * stream is whole when each of its choices has ended.
 */
export class OpenAiStreamDecoder implements ChatStreamDecoder {
  readonly #emit: (event: ChatStreamEvent) => void;
  readonly #choices = new Map<number, OpenChoice>();
  #state: State = "before-start";
  #answerId = "";
  /** The last event that named sources: providers repeat all of them with each. */
  #sources: JsonObject | null = null;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push({ data }: StreamFrame): void {
    if (this.#state === "closed") return;
    if (data === DONE_DATA) {
      this.#state = "closed";
      return;
    }
    const event = parseJsonObject(data);
    if (event === null) {
      this.#fail("sent an event that is no JSON object");
      return;
    }
    const error = inlineErrorIn(event);
    if (error === null) this.#chunk(event);
    else this.#close(error.message, error.status);
  }

  end(): boolean {
    const open = this.#state;
    this.#state = "closed";
    if (this.#failed || (open === "before-start" && this.#choices.size === 0)) return false;
    for (const { finished } of this.#choices.values()) if (!finished) return false;
    return this.#choices.size > 0;
  }

  #failed = false;

  #chunk(event: JsonObject): void {
    const { choices } = event;
    if (Array.isArray(choices)) {
      if (this.#state === "before-start" && (choices.length > 0 || isJsonObject(event.usage)))
        this.#start(event);
      if (event.search_results !== undefined || event.citations !== undefined) this.#sources = event;
      for (const choice of choices) {
        if (isJsonObject(choice)) this.#choice(choice);
        else this.#fail("sent a choice that is no object");
        if (this.#isClosed()) return;
      }
    } else if (!isChunkWithoutChoices(event)) {
      this.#fail("sent an event that is no part of a chat");
      return;
    }
    const raw = streamedUsage(event);
    const usage = raw === null ? null : usageFromOpenAi(raw);
    if (usage === null) return;
    if (this.#state === "before-start") this.#start(event);
    this.#emit({ type: "usage", usage });
  }

  #start(event: JsonObject): void {
    this.#state = "open";
    this.#answerId = textOf(event, "id") ?? "";
    this.#emit({
      type: "start",
      id: this.#answerId,
      model: textOf(event, "model") ?? "",
      createdAtSeconds: countOf(event, "created") ?? null,
    });
  }

  #choice(raw: JsonObject): void {
    const choice = this.#choiceAt(raw.index);
    if (choice === null) return;
    const { delta } = raw;
    if (isJsonObject(delta)) this.#delta(choice, delta, raw.logprobs);
    // Some servers stream one whole message, and one repeats it behind the end.
    else if (isJsonObject(raw.message) && !choice.said && !choice.finished)
      this.#delta(choice, raw.message, raw.logprobs);
    if (this.#isClosed()) return;
    const error = raw.error === undefined ? null : inlineErrorIn(raw);
    if (error !== null) this.#close(error.message, error.status);
    else if (typeof raw.finish_reason === "string" && raw.finish_reason !== "") this.#finish(choice, raw);
  }

  #choiceAt(index: unknown): OpenChoice | null {
    const at = typeof index === "number" ? index : 0;
    const known = this.#choices.get(at);
    if (known !== undefined) return known;
    if (!Number.isSafeInteger(at) || at < 0 || at >= MAX_CHOICES) {
      this.#fail("gave more choices than the gateway takes");
      return null;
    }
    const calls = new StreamedCalls({ choice: at, answerId: this.#answerId, emit: this.#emit });
    const choice: OpenChoice = { index: at, calls, said: false, finished: false, thought: "" };
    this.#choices.set(at, choice);
    return choice;
  }

  /** Most of a stream are deltas with a text and nothing else. */
  #delta(choice: OpenChoice, delta: JsonObject, logprobs: unknown): void {
    for (const name in delta) {
      const value = delta[name];
      if (value === null || value === "" || QUIET_FIELDS.has(name)) continue;
      if (choice.finished) {
        if (name !== "content" && name !== "tool_calls") continue;
        this.#fail("went on behind the end of its answer");
        return;
      }
      if (name !== "content" || typeof value !== "string") {
        this.#otherDelta(choice, delta, logprobs);
        return;
      }
    }
    if (typeof delta.content === "string" && delta.content !== "") this.#say(choice, delta.content, logprobs);
  }

  #say(choice: OpenChoice, text: string, rawLogprobs: unknown): void {
    choice.said = true;
    const logprobs =
      rawLogprobs === undefined || rawLogprobs === null ? undefined : readLogprobs(rawLogprobs);
    if (logprobs === undefined) this.#emit({ type: "text-delta", choice: choice.index, text });
    else this.#emit({ type: "text-delta", choice: choice.index, text, logprobs });
  }

  #otherDelta(choice: OpenChoice, delta: JsonObject, logprobs: unknown): void {
    this.#think(choice, delta);
    if (typeof delta.content === "string") {
      if (delta.content !== "") this.#say(choice, delta.content, logprobs);
    } else if (Array.isArray(delta.content)) this.#contentList(choice, delta.content, logprobs);
    const refusal = textOf(delta, "refusal") ?? "";
    if (refusal !== "") this.#emit({ type: "refusal-delta", choice: choice.index, text: refusal });
    // Sound has its words beside it; no other wire could carry it.
    const transcript = textOf(objectOf(delta, "audio") ?? {}, "transcript") ?? "";
    if (transcript !== "") this.#say(choice, transcript, null);
    for (const image of objectsOf(delta, "images")) {
      const source = readImageSource(image);
      if (source !== null) this.#emit({ type: "image", choice: choice.index, source });
    }
    for (const citation of readAnnotations(delta))
      this.#emit({ type: "citation", choice: choice.index, citation });
    this.#call(choice, delta);
  }

  #think(choice: OpenChoice, delta: JsonObject): void {
    const hasBlocks = delta.reasoning_details !== undefined || delta.thinking_blocks !== undefined;
    const details = hasBlocks ? readReasoningDetails(delta) : null;
    if (details !== null) {
      choice.calls.sign(details.callSignatures);
      for (const part of details.parts) this.#block(choice, part);
      if (details.parts.length > 0) return;
    }
    const text = textOf(delta, "reasoning_content") ?? textOf(delta, "reasoning") ?? "";
    if (text === "") return;
    choice.thought += text;
    this.#emit({ type: "thinking-delta", choice: choice.index, text });
  }

  /** Another gateway streams a block's words as they come, and once more behind them with the proof. */
  #block(choice: OpenChoice, { text, signature, redacted }: ThinkingPart): void {
    const isRepeated = signature !== undefined && text === choice.thought;
    choice.thought = "";
    this.#emit({
      type: "thinking-delta",
      choice: choice.index,
      text: isRepeated ? "" : text,
      ...(signature === undefined ? {} : { signature }),
      ...(redacted === undefined ? {} : { redacted }),
    });
  }

  #contentList(choice: OpenChoice, content: readonly unknown[], logprobs: unknown): void {
    for (const piece of readContentList(content)) {
      if (piece.type === "text") this.#say(choice, piece.text, logprobs);
      else if (piece.type === "image")
        this.#emit({ type: "image", choice: choice.index, source: piece.source });
      else
        this.#emit({
          type: "thinking-delta",
          choice: choice.index,
          text: piece.text,
          ...(piece.signature === undefined ? {} : { signature: piece.signature }),
        });
    }
  }

  #call(choice: OpenChoice, delta: JsonObject): void {
    const legacy = delta.function_call;
    const pieces = delta.tool_calls ?? (isJsonObject(legacy) ? [{ index: 0, function: legacy }] : undefined);
    if (pieces === undefined) return;
    const wrong = choice.calls.read(pieces);
    if (wrong !== null) this.#fail(wrong);
  }

  #finish(choice: OpenChoice, raw: JsonObject): void {
    if (choice.finished) return;
    choice.finished = true;
    if (this.#sources !== null && choice.index === 0)
      for (const citation of readSources(this.#sources))
        this.#emit({ type: "citation", choice: 0, citation });
    const reason = finishFromOpenAi(textOf(raw, "finish_reason") ?? "", choice.calls.count);
    // vLLM: the stop text that was met, or a token's number.
    const stopSequence = textOf(raw, "stop_reason");
    const finish = { type: "finish", choice: choice.index, reason } as const;
    this.#emit(stopSequence === undefined ? finish : { ...finish, stopSequence });
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #fail(what: string): void {
    this.#close(`The provider ${what}.`, null);
  }

  #close(message: string, status: number | null): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#failed = true;
    this.#emit({ type: "error", message, status });
  }
}

/** Fields of a delta that say nothing of the answer itself. */
const QUIET_FIELDS: ReadonlySet<string> = new Set([
  "role",
  "name",
  "token_id",
  "obfuscation",
  "audio_content",
]);

/** Such as a last one with nothing but usage, or one that a server sends to keep the connection open. */
function isChunkWithoutChoices({ object, usage, choices }: JsonObject): boolean {
  if (choices !== undefined && choices !== null) return false;
  return isJsonObject(usage) || (typeof object === "string" && object.startsWith("chat.completion"));
}
