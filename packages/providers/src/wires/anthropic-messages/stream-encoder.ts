import { packToolCallId, writeSignature } from "@headrace/core/canonical/carried-state";
import type { FinishReason } from "@headrace/core/canonical/chat";
import type { Citation, MediaSource } from "@headrace/core/canonical/chat-parts";
import { NO_EXTRA } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ChatCallFacts, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { messageHead, NO_USAGE } from "./answer-encoder.ts";
import { writeCitation } from "./citations.ts";
import { type ContentBlock, openBlock, otherDelta, stopBlock } from "./content-block.ts";
import { finishToAnthropic } from "./finish-reasons.ts";
import { writeImage } from "./media.ts";
import { usageToAnthropic } from "./usage.ts";

/** What blocks that wait for their turn may hold together. */
const MAX_HELD_CHARS = 16 * 1024 * 1024;

/** Clients want it in the first event; what is true of it comes with the last. They keep `cache_creation` from here. */
const USAGE_TO_COME = { ...usageToAnthropic(NO_USAGE), cache_creation: null };

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;
type Delta<T extends Encodable["type"]> = Extract<Encodable, { type: T }>;

/**
 * Writes a Messages stream from any provider's events. Blocks of this wire follow each other: one is closed before the
 * next begins. Other wires let pieces of parallel tool calls alternate, and no event says that a call is complete; so
 * the block of a call stays open until its arguments are whole JSON, and what comes for others in the meantime waits.
 *
 * The last events go out in `end`, since usage may still follow the finish.
 */
export class AnthropicStreamEncoder implements ChatStreamEncoder {
  readonly #call: ChatCallFacts;
  /** The first one is open at the client; the others wait. */
  readonly #blocks: ContentBlock[] = [];
  readonly #calls = new Map<number, ContentBlock>();
  #state: "new" | "open" | "finished" | "ended" = "new";
  #nextIndex = 0;
  #heldChars = 0;
  #refused = false;
  #finish: { readonly reason: FinishReason; readonly stopSequence: string | undefined } | null = null;
  #usage: TokenUsage = NO_USAGE;
  #out = "";

  constructor(call: ChatCallFacts) {
    this.#call = call;
  }

  encode(event: Encodable): string {
    if (event.type === "start") this.#start(event);
    else if (event.type === "usage") this.#usage = event.usage;
    else if (event.choice === 0) this.#content(event); // this wire has a single choice
    return this.#takeOut();
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

  #start(event: Delta<"start">): void {
    if (this.#state !== "new") throw new Error("AnthropicStreamEncoder: a second start");
    this.#state = "open";
    const message = {
      ...messageHead(event, this.#call),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: USAGE_TO_COME,
    };
    this.#out += `event: message_start\ndata: ${JSON.stringify({ type: "message_start", message })}\n\n`;
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
    const block = this.#lastBlock("text") ?? this.#open("text", '{"type":"text","text":""}');
    this.#write(block, `${block.deltaHead}${JSON.stringify(text)}}}\n\n`);
  }

  #thinking({ text, signature, redacted }: Delta<"thinking-delta">): void {
    if (redacted !== undefined) {
      const data = JSON.stringify(writeSignature(redacted, "anthropic"));
      this.#seal(this.#open("whole", `{"type":"redacted_thinking","data":${data}}`));
      return;
    }
    if (text === "" && signature === undefined) return;
    const block =
      this.#lastBlock("thinking") ??
      this.#open("thinking", '{"type":"thinking","thinking":"","signature":""}');
    if (text !== "") this.#write(block, `${block.deltaHead}${JSON.stringify(text)}}}\n\n`);
    if (signature === undefined) return;
    const value = writeSignature(signature, "anthropic");
    this.#write(block, otherDelta(block, { type: "signature_delta", signature: value }));
    this.#seal(block);
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
    if (block.closed) return; // its arguments were whole, so this can only be blanks
    block.arguments.push(argumentsJson);
    this.#write(block, `${block.deltaHead}${JSON.stringify(argumentsJson)}}}\n\n`);
    this.#advance();
  }

  #cite(citation: Citation): void {
    const block = this.#lastBlock("text") ?? this.#open("text", '{"type":"text","text":""}');
    this.#write(block, otherDelta(block, { type: "citations_delta", citation: writeCitation(citation) }));
  }

  #image(source: MediaSource): void {
    const image = writeImage({ type: "image", source, extra: NO_EXTRA });
    this.#seal(this.#open("whole", JSON.stringify(image)));
  }

  #close({ reason, stopSequence }: Delta<"finish">): void {
    this.#state = "finished";
    this.#finish = { reason, stopSequence };
    for (const block of this.#blocks) block.sealed = true;
    this.#advance();
  }

  /** The block that a delta of this kind goes on with. */
  #lastBlock(kind: ContentBlock["kind"]): ContentBlock | null {
    const block = this.#blocks.at(-1);
    return block !== undefined && block.kind === kind && !block.sealed ? block : null;
  }

  #open(kind: ContentBlock["kind"], contentJson: string): ContentBlock {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.kind !== "call") last.sealed = true;
    const block = openBlock(kind, this.#nextIndex++);
    this.#blocks.push(block);
    this.#write(
      block,
      `event: content_block_start\ndata: {"type":"content_block_start","index":${block.index},"content_block":${contentJson}}\n\n`,
    );
    this.#advance();
    return block;
  }

  /** Nothing more will belong to it. */
  #seal(block: ContentBlock): void {
    block.sealed = true;
    this.#advance();
  }

  #write(block: ContentBlock, events: string): void {
    if (block === this.#blocks[0]) {
      this.#out += events;
      return;
    }
    this.#heldChars += events.length;
    if (this.#heldChars > MAX_HELD_CHARS)
      throw new GatewayError("upstream_invalid_response", {
        message: "The model provider mixed the pieces of more tool calls than the gateway can put in order.",
      });
    block.held += events;
  }

  /** Closes the first block when it is complete, and lets the next one out. */
  #advance(): void {
    for (let block = this.#blocks[0]; block !== undefined; block = this.#blocks[0]) {
      const complete = block.sealed || (this.#blocks.length > 1 && block.arguments.isWhole);
      if (!complete) return;
      block.closed = true;
      this.#out += stopBlock(block);
      this.#blocks.shift();
      const next = this.#blocks[0];
      if (next === undefined) return;
      this.#out += next.held;
      this.#heldChars -= next.held.length;
      next.held = "";
    }
  }

  #takeOut(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }
}
