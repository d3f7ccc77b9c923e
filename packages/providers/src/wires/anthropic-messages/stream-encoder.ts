import { packToolCallId, writeSignature } from "@headrace/core/canonical/carried-state";
import type { FinishReason } from "@headrace/core/canonical/chat";
import type { Citation, MediaSource } from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { NO_USAGE, type TokenUsage } from "@headrace/core/canonical/usage";
import type { ChatCallFacts, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { BlockOrder } from "../../streaming/block-order.ts";
import { messageHead } from "./answer-encoder.ts";
import { writeCitation } from "./citations.ts";
import { type BlockKind, blockEvents, type ContentBlock, otherDelta } from "./content-block.ts";
import { finishToAnthropic } from "./finish-reasons.ts";
import { writeImage } from "./media.ts";
import { usageToAnthropic } from "./usage.ts";

/** Clients want it in the first event; what is true of it comes with the last. They keep `cache_creation` from here. */
const USAGE_TO_COME = { ...usageToAnthropic(NO_USAGE), cache_creation: null };

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;
type Delta<T extends Encodable["type"]> = Extract<Encodable, { type: T }>;

/**
 * Writes a Messages stream from any provider's events. Blocks of this wire follow each other, see {@link BlockOrder}. The
 * last events go out in `end`, since usage may still follow the finish.
 */
export class AnthropicStreamEncoder implements ChatStreamEncoder {
  readonly #call: ChatCallFacts;
  readonly #blocks = new BlockOrder<BlockKind>();
  readonly #calls = new Map<number, ContentBlock>();
  #state: "new" | "open" | "finished" | "ended" = "new";
  #nextIndex = 0;
  #refused = false;
  #finish: { readonly reason: FinishReason; readonly stopSequence: string | undefined } | null = null;
  #usage: TokenUsage = NO_USAGE;

  constructor(call: ChatCallFacts) {
    this.#call = call;
  }

  encode(event: Encodable): string {
    if (event.type === "start") return this.#start(event);
    if (event.type === "usage") this.#usage = event.usage;
    else if (event.choice === 0) this.#content(event); // this wire has a single choice
    return this.#blocks.take();
  }

  end(): string {
    if (this.#finish === null || this.#state !== "finished")
      throw new Error("AnthropicStreamEncoder: end without a finish");
    this.#state = "ended";
    const { reason, stopSequence } = this.#finish;
    const delta = {
      type: "message_delta",
      delta: {
        stop_reason: finishToAnthropic(
          this.#refused && reason === "stop" ? "content-filter" : reason,
          stopSequence,
        ),
        stop_sequence: stopSequence ?? null,
      },
      usage: usageToAnthropic(this.#usage),
    };
    return `event: message_delta\ndata: ${JSON.stringify(delta)}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n`;
  }

  #start(event: Delta<"start">): string {
    if (this.#state !== "new") throw new Error("AnthropicStreamEncoder: a second start");
    this.#state = "open";
    const message = {
      ...messageHead(event, this.#call),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: USAGE_TO_COME,
    };
    return `event: message_start\ndata: ${JSON.stringify({ type: "message_start", message })}\n\n`;
  }

  #content(event: Exclude<Encodable, { type: "start" | "usage" }>): void {
    if (this.#state !== "open") throw new Error(`AnthropicStreamEncoder: ${event.type} out of order`);
    switch (event.type) {
      case "text-delta":
        this.#text(event.text);
        return;
      case "refusal-delta":
        this.#refused = true;
        this.#text(event.text);
        return;
      case "thinking-delta":
        this.#thinking(event);
        return;
      case "tool-call-start":
        this.#startCall(event);
        return;
      case "tool-call-delta":
        this.#continueCall(event);
        return;
      case "citation":
        this.#cite(event.citation);
        return;
      case "image":
        this.#image(event.source);
        return;
      case "finish":
        this.#close(event);
        return;
    }
  }

  #text(text: string): void {
    if (text === "") return;
    const block = this.#blocks.last("text") ?? this.#open("text", '{"type":"text","text":""}');
    this.#blocks.write(block, `${block.deltaHead}${JSON.stringify(text)}}}\n\n`);
  }

  #thinking({ text, signature, redacted }: Delta<"thinking-delta">): void {
    if (redacted !== undefined) {
      const data = JSON.stringify(writeSignature(redacted, "anthropic"));
      this.#blocks.seal(this.#open("whole", `{"type":"redacted_thinking","data":${data}}`));
      return;
    }
    if (text === "" && signature === undefined) return;
    const block =
      this.#blocks.last("thinking") ??
      this.#open("thinking", '{"type":"thinking","thinking":"","signature":""}');
    if (text !== "") this.#blocks.write(block, `${block.deltaHead}${JSON.stringify(text)}}}\n\n`);
    if (signature === undefined) return;
    const value = writeSignature(signature, "anthropic");
    this.#blocks.write(block, otherDelta(block, { type: "signature_delta", signature: value }));
    this.#blocks.seal(block);
  }

  #startCall({ index, id, name, signature }: Delta<"tool-call-start">): void {
    // A call has no place for a signature here, so that of another provider travels in the id.
    const packed = packToolCallId(id, signature === undefined ? {} : { signature });
    const start = JSON.stringify({ type: "tool_use", id: packed, name, input: {} });
    this.#calls.set(index, this.#open("call", start));
  }

  #continueCall({ index, argumentsJson }: Delta<"tool-call-delta">): void {
    const block = this.#calls.get(index);
    if (block === undefined) throw new Error("AnthropicStreamEncoder: a tool call that never began");
    this.#blocks.writeArguments(
      block,
      argumentsJson,
      `${block.deltaHead}${JSON.stringify(argumentsJson)}}}\n\n`,
    );
  }

  #cite(citation: Citation): void {
    const block = this.#blocks.last("text") ?? this.#open("text", '{"type":"text","text":""}');
    this.#blocks.write(
      block,
      otherDelta(block, { type: "citations_delta", citation: writeCitation(citation) }),
    );
  }

  #image(source: MediaSource): void {
    const image = writeImage({ type: "image", source, extra: NO_EXTRA });
    this.#blocks.seal(this.#open("whole", JSON.stringify(image)));
  }

  #close({ reason, stopSequence }: Delta<"finish">): void {
    this.#state = "finished";
    this.#finish = { reason, stopSequence };
    this.#blocks.sealAll();
  }

  #open(kind: BlockKind, contentJson: string): ContentBlock {
    return this.#blocks.open(blockEvents(kind, this.#nextIndex++, contentJson), kind === "call");
  }
}
