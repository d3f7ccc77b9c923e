import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { ChatStreamDecoder, StreamFrame } from "@headrace/core/wire/chat-codec";
import { objectOf, parseJsonObject, textOf } from "../../json/read.ts";
import { isJsonAnswerTool } from "../../translation/json-answer-tool.ts";
import { imageSource, isServerToolUse } from "./answer-blocks.ts";
import { readCitation } from "./citations.ts";
import { finishFromConverse } from "./finish-reasons.ts";
import { readStreamException } from "./provider-errors.ts";
import { stopSequenceOf } from "./stop-sequence.ts";
import { usageFromConverse } from "./usage.ts";

/** Far more than any answer has; a provider that sends more is out of order. */
const MAX_OPEN_BLOCKS = 1024;
const MAX_TOOL_CALLS = 1024;
const MAX_IMAGE_BYTES = 32 * 1024 * 1024;

/** A content block that has begun and not ended, known by its index. Text needs none. */
type OpenBlock =
  | { readonly kind: "call"; readonly call: number }
  | { readonly kind: "json"; empty: boolean }
  | { readonly kind: "thinking"; signature: string }
  | { readonly kind: "image"; readonly format: string; readonly pieces: Buffer[]; bytes: number }
  | { readonly kind: "other" };

const OTHER_BLOCK: OpenBlock = { kind: "other" };

/**
 * Reads a ConverseStream (Bedrock API reference, "ConverseStream", response elements). States: before the first event;
 * open, until `messageStop`; finished, when only `metadata` may follow; closed by an error. A frame's event is the
 * message's `:event-type` or its exception's type.
 */
export class ConverseStreamDecoder implements ChatStreamDecoder {
  readonly #emit: (event: ChatStreamEvent) => void;
  readonly #blocks = new Map<unknown, OpenBlock>();
  #state: "before-start" | "open" | "finished" | "closed" = "before-start";
  #calls = 0;
  #answeredInJson = false;

  constructor(emit: (event: ChatStreamEvent) => void) {
    this.#emit = emit;
  }

  push({ event, data }: StreamFrame): void {
    if (this.#state === "closed") return;
    const exception = readStreamException(event, data);
    const payload = exception === null ? parseJsonObject(data) : null;
    if (exception !== null) this.#close(exception);
    else if (payload === null) this.#fail("sent an event that is no JSON object");
    else this.#read(event, payload);
  }

  end(): boolean {
    return this.#state === "finished";
  }

  #read(event: string, payload: JsonObject): void {
    // Not every recorded stream has a messageStart.
    if (this.#state === "before-start") this.#start();
    switch (event) {
      case "contentBlockDelta":
        this.#delta(payload);
        break;
      case "contentBlockStart":
        this.#startBlock(payload);
        break;
      case "contentBlockStop":
        this.#stopBlock(payload.contentBlockIndex);
        break;
      case "messageStop":
        this.#finish(payload);
        break;
      case "metadata":
        this.#report(payload);
        break;
      case "":
        this.#fail("sent an event without a type");
    }
  }

  #start(): void {
    this.#state = "open";
    this.#emit({ type: "start", id: "", model: "", createdAtSeconds: null });
  }

  #startBlock({ contentBlockIndex, start }: JsonObject): void {
    if (this.#state !== "open") {
      this.#failOrder("contentBlockStart");
      return;
    }
    // One of the same index that was not stopped has ended.
    this.#stopBlock(contentBlockIndex);
    const block = isJsonObject(start) ? this.#blockFor(start) : null;
    if (block !== null) this.#open(contentBlockIndex, block);
  }

  /** Null for text, whose start is empty or left out. */
  #blockFor(start: JsonObject): OpenBlock | null {
    const toolUse = objectOf(start, "toolUse");
    if (toolUse !== undefined) return this.#startCall(toolUse);
    const image = objectOf(start, "image");
    if (image === undefined) return null;
    return { kind: "image", format: textOf(image, "format") ?? "", pieces: [], bytes: 0 };
  }

  #startCall(toolUse: JsonObject): OpenBlock {
    if (isServerToolUse(toolUse)) return OTHER_BLOCK;
    const name = textOf(toolUse, "name") ?? "";
    if (isJsonAnswerTool(name)) {
      // Only the first: two JSON texts behind each other are none.
      if (this.#answeredInJson) return OTHER_BLOCK;
      this.#answeredInJson = true;
      return { kind: "json", empty: true };
    }
    if (this.#calls >= MAX_TOOL_CALLS) {
      this.#fail("called more tools than the gateway takes");
      return OTHER_BLOCK;
    }
    const call = this.#calls++;
    const id = textOf(toolUse, "toolUseId") || `call_${call}`;
    this.#emit({ type: "tool-call-start", choice: 0, index: call, id, name });
    return { kind: "call", call };
  }

  #open(index: unknown, block: OpenBlock): void {
    if (this.#blocks.size >= MAX_OPEN_BLOCKS) this.#fail("left too many content blocks open");
    else this.#blocks.set(index, block);
  }

  #delta({ contentBlockIndex, delta }: JsonObject): void {
    if (this.#state !== "open" || !isJsonObject(delta)) {
      this.#failOrder("contentBlockDelta");
      return;
    }
    const { text } = delta;
    if (typeof text === "string") this.#text(text);
    else this.#rareDelta(contentBlockIndex, delta);
  }

  #rareDelta(index: unknown, delta: JsonObject): void {
    const toolUse = objectOf(delta, "toolUse");
    const reasoning = objectOf(delta, "reasoningContent");
    const image = objectOf(delta, "image");
    if (toolUse !== undefined) this.#input(this.#blocks.get(index), toolUse.input);
    else if (reasoning !== undefined) this.#think(index, reasoning);
    else if (image !== undefined) this.#image(this.#blocks.get(index), image);
    else this.#cite(delta.citation);
  }

  #text(text: string): void {
    if (text !== "") this.#emit({ type: "text-delta", choice: 0, text });
  }

  #input(block: OpenBlock | undefined, input: unknown): void {
    if (block === undefined) this.#fail("sent arguments of a tool call that never began");
    else if (typeof input !== "string") this.#fail("sent a delta without its text");
    else if (block.kind === "call" && input !== "") {
      this.#emit({ type: "tool-call-delta", choice: 0, index: block.call, argumentsJson: input });
    } else if (block.kind === "json" && input !== "") {
      block.empty = false;
      this.#text(input);
    }
  }

  /** Only Anthropic's models sign what they think, and only they hide it. */
  #think(index: unknown, reasoning: JsonObject): void {
    const text = textOf(reasoning, "text") ?? "";
    if (text !== "") this.#emit({ type: "thinking-delta", choice: 0, text });
    const hidden = textOf(reasoning, "redactedContent") ?? "";
    if (hidden !== "") {
      const redacted = { signer: "anthropic", value: hidden } as const;
      this.#emit({ type: "thinking-delta", choice: 0, text: "", redacted });
    }
    const signature = textOf(reasoning, "signature") ?? "";
    if (signature !== "") this.#sign(index, signature);
  }

  #sign(index: unknown, signature: string): void {
    const block = this.#blocks.get(index);
    if (block === undefined) this.#open(index, { kind: "thinking", signature });
    else if (block.kind === "thinking") block.signature += signature;
  }

  #image(block: OpenBlock | undefined, image: JsonObject): void {
    if (block?.kind !== "image") {
      this.#fail("sent a piece of an image that never began");
      return;
    }
    const piece = Buffer.from(textOf(objectOf(image, "source") ?? {}, "bytes") ?? "", "base64");
    block.bytes += piece.length;
    if (block.bytes > MAX_IMAGE_BYTES) this.#fail("sent an image that is larger than the gateway takes");
    else block.pieces.push(piece);
  }

  #cite(raw: unknown): void {
    const citation = readCitation(raw);
    if (citation !== null) this.#emit({ type: "citation", choice: 0, citation });
  }

  #stopBlock(index: unknown): void {
    const block = this.#blocks.get(index);
    if (block === undefined) return; // text, or what is not told to other wires
    this.#blocks.delete(index);
    if (block.kind === "json" && block.empty) this.#text("{}");
    if (block.kind === "thinking") {
      const signature = { signer: "anthropic", value: block.signature } as const;
      this.#emit({ type: "thinking-delta", choice: 0, text: "", signature });
    }
    if (block.kind === "image" && block.bytes > 0) {
      const data = Buffer.concat(block.pieces, block.bytes).toString("base64");
      this.#emit({ type: "image", choice: 0, source: imageSource(block.format, data) });
    }
  }

  #finish(stop: JsonObject): void {
    if (this.#state !== "open") {
      this.#failOrder("messageStop");
      return;
    }
    for (const index of [...this.#blocks.keys()]) this.#stopBlock(index);
    this.#state = "finished";
    const stopSequence = stopSequenceOf(stop);
    const shape = { calls: this.#calls, answeredInJson: this.#answeredInJson };
    this.#emit({
      type: "finish",
      choice: 0,
      reason: finishFromConverse(textOf(stop, "stopReason") ?? "", shape),
      ...(stopSequence === undefined ? {} : { stopSequence }),
    });
  }

  /** Comes before or after the end: both are seen. */
  #report(metadata: JsonObject): void {
    const usage = usageFromConverse(metadata.usage);
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
    this.#emit({ type: "error", ...error });
  }
}
