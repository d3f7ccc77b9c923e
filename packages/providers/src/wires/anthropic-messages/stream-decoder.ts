import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { listOf, objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { isJsonAnswerTool } from "../../translation/json-answer-tool.ts";
import { readCitation } from "./citations.ts";
import { finishFromAnthropic } from "./finish-reasons.ts";
import { readStreamError } from "./provider-errors.ts";
import { mergeReports, usageFromAnthropic } from "./usage.ts";

/** Far more than any answer has; a provider that sends more is out of order. */
const MAX_OPEN_BLOCKS = 1024;
const MAX_TOOL_CALLS = 1024;

/** A content block that has begun and not ended. */
type OpenBlock =
  | { readonly kind: "text" }
  | { readonly kind: "thinking"; signature: string }
  | { readonly kind: "tool"; readonly call: number; input: string }
  /** The call of the tool that stands for structured output: its input is the answer's text. */
  | { readonly kind: "json"; input: string }
  /** What only this wire knows, such as a search that the provider ran; other wires do not see it. */
  | { readonly kind: "opaque" };

const TEXT_BLOCK: OpenBlock = { kind: "text" };
const OPAQUE_BLOCK: OpenBlock = { kind: "opaque" };

type State = "before-start" | "open" | "closed";

/**
 * Reads a Messages stream (Anthropic API reference, "Streaming"):
 *
 *     message_start, (content_block_start, content_block_delta*, content_block_stop)*, message_delta+, message_stop
 *
 * with `ping` anywhere and `error` at any time, after which nothing counts. Event types, block types and delta types
 * that it does not know are passed over, as the reference asks; one that is out of order ends the stream.
 */
export class AnthropicStreamDecoder implements ChatStreamDecoder {
  readonly #emit: (event: ChatStreamEvent) => void;
  readonly #blocks = new Map<unknown, OpenBlock>();
  #state: State = "before-start";
  #messageId = "";
  /** The usage object as the reports so far make it. */
  #usage: JsonObject = {};
  #toolCalls = 0;
  #answeredInJson = false;
  #finished = false;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push(frame: StreamFrame): void {
    if (this.#state === "closed") return;
    const event = parseJsonObject(frame.data);
    if (event === null) this.#fail("sent an event that is no JSON object");
    else if (event.type === "content_block_delta") this.#delta(event);
    else this.#other(event);
  }

  end(): boolean {
    this.#state = "closed";
    return this.#finished;
  }

  #other(event: JsonObject): void {
    switch (event.type) {
      case "content_block_start":
        this.#startBlock(event.index, event.content_block);
        return;
      case "content_block_stop":
        this.#stopBlock(event.index);
        return;
      case "message_start":
        this.#startMessage(event);
        return;
      case "message_delta":
        this.#changeMessage(event);
        return;
      case "message_stop":
        this.#stopMessage();
        return;
      case "error":
        this.#close(readStreamError(event));
        return;
      default:
        // A server that is only compatible may leave the type out of its errors.
        if (objectOf(event, "error") !== undefined) this.#close(readStreamError(event));
        else if (typeof event.type !== "string") this.#fail("sent an event without a type");
    }
  }

  #startMessage(event: JsonObject): void {
    const message = objectOf(event, "message") ?? {};
    const id = textOf(message, "id") ?? "";
    if (this.#state === "before-start") {
      this.#state = "open";
      this.#messageId = id;
      this.#emit({ type: "start", id, model: textOf(message, "model") ?? "", createdAtSeconds: null });
      this.#startContent(message);
    } else if (id !== this.#messageId) {
      // Seen from proxies that splice two generations together; the same one twice is harmless.
      this.#fail("began another message inside of one");
      return;
    }
    this.#report(message);
  }

  /** Usually empty; a turn that goes on behind a tool that code has called begins with that call. */
  #startContent(message: JsonObject): void {
    for (const block of listOf(message, "content") ?? []) {
      this.#startBlock(block, block);
      this.#stopBlock(block);
    }
  }

  #startBlock(index: unknown, block: unknown): void {
    if (this.#state !== "open" || this.#finished || !isJsonObject(block) || this.#blocks.has(index)) {
      this.#failOrder("content_block_start");
      return;
    }
    if (this.#blocks.size >= MAX_OPEN_BLOCKS) {
      this.#fail("left too many content blocks open");
      return;
    }
    this.#blocks.set(index, this.#openBlock(block));
  }

  #openBlock(block: JsonObject): OpenBlock {
    switch (block.type) {
      case "text":
        this.#text(textOf(block, "text") ?? "");
        return TEXT_BLOCK;
      case "thinking":
        this.#thinking(textOf(block, "thinking") ?? "");
        return { kind: "thinking", signature: textOf(block, "signature") ?? "" };
      case "redacted_thinking":
        this.#redacted(textOf(block, "data") ?? "");
        return OPAQUE_BLOCK;
      case "tool_use":
        return this.#openTool(block);
      default:
        return OPAQUE_BLOCK;
    }
  }

  #openTool(block: JsonObject): OpenBlock {
    const name = textOf(block, "name") ?? "";
    const input = wholeInput(block.input);
    if (isJsonAnswerTool(name)) {
      // Only the first: two JSON texts behind each other are none.
      if (this.#answeredInJson) return OPAQUE_BLOCK;
      this.#answeredInJson = true;
      return { kind: "json", input };
    }
    if (name === "" || this.#toolCalls >= MAX_TOOL_CALLS) {
      this.#fail(name === "" ? "called a tool without its name" : "called more tools than the gateway takes");
      return OPAQUE_BLOCK;
    }
    const call = this.#toolCalls++;
    const id = textOf(block, "id") ?? `call_${this.#messageId}_${call}`;
    this.#emit({ type: "tool-call-start", choice: 0, index: call, id, name });
    return { kind: "tool", call, input };
  }

  #delta({ index, delta }: JsonObject): void {
    const block = this.#blocks.get(index);
    if (block === undefined || !isJsonObject(delta)) {
      this.#failOrder("content_block_delta");
      return;
    }
    switch (delta.type) {
      case "text_delta":
        this.#text(delta.text);
        return;
      case "input_json_delta":
        this.#input(block, delta.partial_json);
        return;
      case "thinking_delta":
        this.#thinking(delta.thinking);
        return;
      case "signature_delta":
        if (block.kind === "thinking" && typeof delta.signature === "string")
          block.signature = delta.signature;
        return;
      case "citations_delta":
        this.#cite(delta.citation);
        return;
    }
  }

  #input(block: OpenBlock, piece: unknown): void {
    if (typeof piece !== "string") {
      this.#fail("sent a delta without its text");
      return;
    }
    if (piece === "" || (block.kind !== "tool" && block.kind !== "json")) return;
    block.input = ""; // it comes in pieces, so what the start held was a placeholder
    if (block.kind === "json") this.#text(piece);
    else this.#emit({ type: "tool-call-delta", choice: 0, index: block.call, argumentsJson: piece });
  }

  #text(text: unknown): void {
    if (typeof text !== "string") this.#fail("sent a delta without its text");
    else if (text !== "") this.#emit({ type: "text-delta", choice: 0, text });
  }

  #thinking(text: unknown): void {
    if (typeof text !== "string") this.#fail("sent a delta without its text");
    else if (text !== "") this.#emit({ type: "thinking-delta", choice: 0, text });
  }

  #redacted(data: string): void {
    if (data === "") return;
    this.#emit({
      type: "thinking-delta",
      choice: 0,
      text: "",
      redacted: { signer: "anthropic", value: data },
    });
  }

  #cite(raw: unknown): void {
    const citation = readCitation(raw);
    if (citation !== null) this.#emit({ type: "citation", choice: 0, citation });
  }

  #stopBlock(index: unknown): void {
    const block = this.#blocks.get(index);
    if (block === undefined) {
      this.#failOrder("content_block_stop");
      return;
    }
    this.#blocks.delete(index);
    if (block.kind === "thinking" && block.signature !== "") {
      const signature = { signer: "anthropic", value: block.signature } as const;
      this.#emit({ type: "thinking-delta", choice: 0, text: "", signature });
    } else if (block.kind === "tool" || block.kind === "json") {
      this.#input(block, block.input);
    }
  }

  #changeMessage(event: JsonObject): void {
    if (this.#state !== "open") {
      this.#failOrder("message_delta");
      return;
    }
    const delta = objectOf(event, "delta") ?? {};
    const stopReason = textOf(delta, "stop_reason");
    if (stopReason !== undefined) this.#finish(stopReason, textOf(delta, "stop_sequence"));
    this.#report(event);
  }

  #stopMessage(): void {
    if (this.#state !== "open") {
      this.#failOrder("message_stop");
      return;
    }
    this.#finish("", undefined);
    this.#state = "closed";
  }

  #finish(stopReason: string, stopSequence: string | undefined): void {
    if (this.#finished) return;
    // A server that forgot to say so has still sent all of them.
    for (const index of this.#blocks.keys()) this.#stopBlock(index);
    this.#finished = true;
    const reason = finishFromAnthropic(stopReason);
    this.#emit({
      type: "finish",
      choice: 0,
      reason: reason === "tool-calls" && this.#answeredInJson && this.#toolCalls === 0 ? "stop" : reason,
      ...(stopSequence === undefined ? {} : { stopSequence }),
    });
  }

  #report(holder: JsonObject): void {
    const raw = objectOf(holder, "usage");
    if (raw === undefined || this.#state === "closed") return;
    this.#usage = mergeReports(this.#usage, raw);
    const usage = usageFromAnthropic(this.#usage);
    if (usage !== null) this.#emit({ type: "usage", usage });
  }

  #failOrder(type: string): void {
    this.#fail(`sent ${type} out of order`);
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

/** JSON text of an input that a block brings with it; "" for the `{}` that all begin with. */
function wholeInput(input: unknown): string {
  return isJsonObject(input) && Object.keys(input).length > 0 ? JSON.stringify(input) : "";
}
