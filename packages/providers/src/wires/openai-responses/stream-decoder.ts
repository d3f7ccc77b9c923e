import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { listOf, numberOf, objectOf, objectsOf, parseJsonObject, textOf } from "../../json/read.ts";
import { readAnnotation } from "./annotations.ts";
import { imageSource, readLogprobs } from "./answer-decoder.ts";
import { finishFromResponse } from "./finish-reasons.ts";
import { INPUT_HEAD, INPUT_TAIL, wrapInputPiece } from "./freeform.ts";
import { type OutputItem, OutputItems } from "./output-state.ts";
import { readResponseFailure } from "./provider-errors.ts";
import { readReasoningItem } from "./reasoning-state.ts";
import { usageFromOpenAiResponses } from "./usage.ts";

/** Between the parts of one summary, and between thoughts that nothing closes. */
const PARAGRAPH = "\n\n";

type State = "before-start" | "open" | "closed";
type Handler = (decoder: OpenAiResponsesStreamDecoder, event: JsonObject) => void;

/**
 * Reads a Responses stream (OpenAI API reference, "Streaming events"):
 *
 *     response.created, response.in_progress,
 *     (output_item.added, … .delta*, … .done, output_item.done)*,
 *     response.completed | response.incomplete
 *
 * with `error` or `response.failed` at any time, after which nothing counts. What comes in deltas is not read again from the
 * events that repeat it whole; of an item, or of a response, without deltas the whole is read. Types that it does not know
 * are passed over.
 */
export class OpenAiResponsesStreamDecoder implements ChatStreamDecoder {
  static readonly #HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
    ["response.output_text.delta", (self, event) => self.#text(event)],
    ["response.refusal.delta", (self, event) => self.#refusal(event)],
    ["response.function_call_arguments.delta", (self, event) => self.#arguments(event)],
    ["response.custom_tool_call_input.delta", (self, event) => self.#arguments(event)],
    ["response.reasoning_summary_text.delta", (self, event) => self.#thinking(event)],
    ["response.reasoning_text.delta", (self, event) => self.#thinking(event)],
    ["response.reasoning_summary_part.added", (self) => self.#breakThinking()],
    ["response.output_text.annotation.added", (self, event) => self.#cite(event)],
    ["response.output_item.added", (self, event) => self.#addItem(event)],
    ["response.output_item.done", (self, event) => self.#finishItem(event)],
    ["response.created", (self, event) => self.#start(event)],
    ["response.queued", (self, event) => self.#start(event)],
    ["response.in_progress", (self, event) => self.#start(event)],
    ["response.completed", (self, event) => self.#complete(event)],
    ["response.incomplete", (self, event) => self.#complete(event)],
    ["response.failed", (self, event) => self.#close(readResponseFailure(objectOf(event, "response") ?? {}))],
    ["error", (self, event) => self.#close(readResponseFailure(event))],
  ]);

  readonly #emit: (event: ChatStreamEvent) => void;
  readonly #items = new OutputItems();
  #state: State = "before-start";
  #responseId = "";
  /** Thinking has been written that nothing has closed. */
  #thinkingIsOpen = false;
  #thinkingBreaks = false;
  #finished = false;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push(frame: StreamFrame): void {
    if (this.#state === "closed" || frame.data === "[DONE]") return; // which only compatible servers send
    const event = parseJsonObject(frame.data);
    if (event === null) this.#fail("sent an event that is no JSON object");
    else if (typeof event.type === "string")
      OpenAiResponsesStreamDecoder.#HANDLERS.get(event.type)?.(this, event);
    else if (objectOf(event, "error") !== undefined) this.#close(readResponseFailure(event));
    else this.#fail("sent an event without a type");
  }

  end(): boolean {
    this.#state = "closed";
    return this.#finished;
  }

  /** Any of the first events will do; the others say the same again. */
  #start(event: JsonObject): void {
    const response = objectOf(event, "response");
    if (response === undefined) {
      this.#fail("began a response that is no object");
      return;
    }
    const id = textOf(response, "id") ?? "";
    if (this.#state === "open") {
      if (id !== this.#responseId) this.#fail("began another response inside of one");
      return;
    }
    this.#state = "open";
    this.#responseId = id;
    this.#emit({
      type: "start",
      id,
      model: textOf(response, "model") ?? "",
      createdAtSeconds: numberOf(response, "created_at") ?? null,
    });
  }

  #addItem(event: JsonObject): void {
    const item = objectOf(event, "item");
    if (!this.#isOpen("response.output_item.added") || item === undefined) return;
    if (this.#items.get(event.output_index) !== undefined) this.#fail("began an item twice");
    else this.#openItem(event.output_index, item);
  }

  #openItem(index: unknown, raw: JsonObject): OutputItem | null {
    const item = this.#items.open(index, raw);
    if (typeof item === "string") {
      this.#fail(item);
      return null;
    }
    if (item.kind === "reasoning") this.#breakThinking();
    if (item.call === null) return item;
    const id = textOf(raw, "call_id") ?? (item.id === "" ? `call_${this.#responseId}_${item.call}` : item.id);
    const name = textOf(raw, "name") ?? "";
    this.#emit({ type: "tool-call-start", choice: 0, index: item.call, id, name });
    return item;
  }

  #text(event: JsonObject): void {
    const text = this.#delta(event);
    if (text === "") return;
    const logprobs = listOf(event, "logprobs") ?? [];
    if (logprobs.length === 0) this.#emit({ type: "text-delta", choice: 0, text });
    else this.#emit({ type: "text-delta", choice: 0, text, logprobs: readLogprobs(event) });
  }

  #refusal(event: JsonObject): void {
    const text = this.#delta(event);
    if (text !== "") this.#emit({ type: "refusal-delta", choice: 0, text });
  }

  #thinking(event: JsonObject): void {
    const text = this.#delta(event);
    if (text !== "") this.#think(text);
  }

  #think(text: string): void {
    const before = this.#thinkingBreaks ? PARAGRAPH : "";
    this.#thinkingBreaks = false;
    this.#thinkingIsOpen = true;
    this.#emit({ type: "thinking-delta", choice: 0, text: before + text });
  }

  #breakThinking(): void {
    this.#thinkingBreaks = this.#thinkingIsOpen;
  }

  #arguments(event: JsonObject): void {
    const item = this.#items.get(event.output_index);
    if (item === undefined || item.call === null) {
      this.#failOrder(textOf(event, "type") ?? "");
      return;
    }
    const isFirst = !item.wrote;
    const piece = this.#delta(event);
    if (piece === "" || item.done) return;
    if (item.kind === "function") this.#emitArguments(item, piece);
    else this.#emitArguments(item, (isFirst ? INPUT_HEAD : "") + wrapInputPiece(piece));
  }

  #emitArguments({ call }: OutputItem, argumentsJson: string): void {
    if (call !== null) this.#emit({ type: "tool-call-delta", choice: 0, index: call, argumentsJson });
  }

  /** The text of a delta, "" for none, and a note that its item has had one. */
  #delta(event: JsonObject): string {
    const { delta } = event;
    if (this.#state !== "open" || this.#finished) this.#failOrder(textOf(event, "type") ?? "");
    else if (typeof delta !== "string") this.#fail("sent a delta without its text");
    else {
      const item = this.#items.get(event.output_index);
      if (item !== undefined && delta !== "") item.wrote = true;
      return delta;
    }
    return "";
  }

  #cite(event: JsonObject): void {
    const annotation = objectOf(event, "annotation");
    const citation = annotation === undefined ? null : readAnnotation(annotation);
    if (citation !== null && this.#isOpen("response.output_text.annotation.added"))
      this.#emit({ type: "citation", choice: 0, citation });
  }

  #finishItem(event: JsonObject): void {
    const raw = objectOf(event, "item");
    if (!this.#isOpen("response.output_item.done") || raw === undefined) return;
    this.#readWhole(event.output_index, raw);
  }

  /** What an item still brings when it is whole. */
  #readWhole(index: unknown, raw: JsonObject): void {
    const item = this.#items.get(index) ?? this.#openItem(index, raw);
    if (item === null || item.done) return;
    item.done = true;
    switch (item.kind) {
      case "message":
        if (!item.wrote) this.#readMessage(raw);
        return;
      case "reasoning":
        this.#readReasoning(item, raw);
        return;
      case "function": {
        const whole = textOf(raw, "arguments") ?? "";
        if (!item.wrote && whole !== "") this.#emitArguments(item, whole);
        return;
      }
      case "custom":
        if (item.wrote) this.#emitArguments(item, INPUT_TAIL);
        else this.#emitArguments(item, INPUT_HEAD + wrapInputPiece(textOf(raw, "input") ?? "") + INPUT_TAIL);
        return;
      case "other":
        this.#readImage(raw);
    }
  }

  #readMessage(raw: JsonObject): void {
    for (const content of objectsOf(raw, "content")) {
      const text = textOf(content, "text") ?? "";
      const refusal = textOf(content, "refusal") ?? "";
      if (text !== "") this.#emit({ type: "text-delta", choice: 0, text });
      if (refusal !== "") this.#emit({ type: "refusal-delta", choice: 0, text: refusal });
      for (const annotation of objectsOf(content, "annotations")) {
        const citation = readAnnotation(annotation);
        if (citation !== null) this.#emit({ type: "citation", choice: 0, citation });
      }
    }
  }

  #readReasoning(item: OutputItem, raw: JsonObject): void {
    for (const { text, signature, redacted } of readReasoningItem(raw).thinking ?? []) {
      if (!item.wrote && text !== "") this.#think(text);
      if (signature === undefined && redacted === undefined) continue;
      this.#thinkingIsOpen = false;
      this.#thinkingBreaks = false;
      this.#emit({
        type: "thinking-delta",
        choice: 0,
        text: "",
        ...(signature === undefined ? {} : { signature }),
        ...(redacted === undefined ? {} : { redacted }),
      });
    }
  }

  #readImage(raw: JsonObject): void {
    const data = textOf(raw, "result");
    if (raw.type === "image_generation_call" && data !== undefined)
      this.#emit({ type: "image", choice: 0, source: imageSource(raw, data) });
  }

  #complete(event: JsonObject): void {
    if (this.#state === "before-start") this.#start(event);
    if (!this.#isOpen("the end of the response")) return;
    const response = objectOf(event, "response") ?? {};
    this.#readMissing(objectsOf(response, "output"));
    const usage = usageFromOpenAiResponses(response.usage);
    if (usage !== null) this.#emit({ type: "usage", usage });
    const isCut = event.type === "response.incomplete" || response.status === "incomplete";
    const reason = textOf(objectOf(response, "incomplete_details") ?? {}, "reason") ?? "";
    this.#finished = true;
    this.#state = "closed";
    this.#emit({
      type: "finish",
      choice: 0,
      reason: finishFromResponse(isCut ? reason : undefined, this.#items.calls > 0),
    });
  }

  /** Items that were never said to be done, and all of them where none was streamed. */
  #readMissing(output: readonly JsonObject[]): void {
    const streamed = this.#items.size > 0;
    for (const [index, raw] of output.entries()) {
      const item = this.#items.get(index);
      if (streamed ? item?.id === textOf(raw, "id") : true) this.#readWhole(index, raw);
    }
    for (const item of this.#items.values())
      if (item.kind === "custom" && item.wrote && !item.done) this.#emitArguments(item, INPUT_TAIL);
  }

  #isOpen(what: string): boolean {
    if (this.#state === "open" && !this.#finished) return true;
    this.#failOrder(what);
    return false;
  }

  #failOrder(what: string): void {
    this.#fail(`sent ${what} out of order`);
  }

  #fail(what: string): void {
    this.#close({ message: `The provider ${what}.`, status: null });
  }

  #close(error: { message: string; status: number | null }): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#finished = false;
    this.#emit({ type: "error", ...error });
  }
}
