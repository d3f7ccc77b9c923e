import type { FinishReason } from "@headrace/core/canonical/chat";
import type { Citation, MediaSource } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { NO_USAGE, type TokenUsage } from "@headrace/core/canonical/usage";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { type Block, BlockOrder } from "../../streaming/block-order.ts";
import { callId, imageAsText, imageBytes, NO_METRICS } from "./answer-encoder.ts";
import { writeCitation } from "./citations.ts";
import { writeRedacted, writeTextSignature } from "./client-signatures.ts";
import { finishToConverse } from "./finish-reasons.ts";
import { type BlockKind, blockEvents, delta, otherDelta, event as writeEvent } from "./stream-blocks.ts";
import { usageToConverse } from "./usage.ts";

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;
type Delta<T extends Encodable["type"]> = Extract<Encodable, { type: T }>;

/**
 * Writes a ConverseStream from any provider's events (Bedrock API reference, "ConverseStream", response elements), an SSE
 * event for each of its messages; {@link BedrockMessageFraming} makes them what they are on the wire. The last events go
 * out in `end`, since usage may still follow the finish.
 */
export class ConverseStreamEncoder implements ChatStreamEncoder {
  readonly #blocks = new BlockOrder<BlockKind>();
  readonly #calls = new Map<number, Block<BlockKind>>();
  /** Calls of which no argument has come yet. */
  readonly #silent = new Set<Block<BlockKind>>();
  #state: "new" | "open" | "finished" | "ended" = "new";
  #nextIndex = 0;
  #refused = false;
  #finish: { readonly reason: FinishReason; readonly stopSequence: string | undefined } | null = null;
  #usage: TokenUsage = NO_USAGE;

  encode(event: Encodable): string {
    if (event.type === "start") return this.#start();
    if (event.type === "usage") this.#usage = event.usage;
    else if (event.choice === 0) this.#content(event); // this wire has a single choice
    return this.#blocks.take();
  }

  end(): string {
    if (this.#finish === null || this.#state !== "finished")
      throw new Error("ConverseStreamEncoder: end without a finish");
    this.#state = "ended";
    const { reason, stopSequence } = this.#finish;
    const finish = this.#refused && reason === "stop" ? "content-filter" : reason;
    const stop = {
      stopReason: finishToConverse(finish, stopSequence),
      ...(stopSequence === undefined
        ? {}
        : { additionalModelResponseFields: { delta: { stop_sequence: stopSequence } } }),
    };
    const metadata = { usage: usageToConverse(this.#usage), metrics: NO_METRICS };
    return writeEvent("messageStop", stop) + writeEvent("metadata", metadata);
  }

  #start(): string {
    if (this.#state !== "new") throw new Error("ConverseStreamEncoder: a second start");
    this.#state = "open";
    return writeEvent("messageStart", { role: "assistant" });
  }

  #content(event: Exclude<Encodable, { type: "start" | "usage" }>): void {
    if (this.#state !== "open") throw new Error(`ConverseStreamEncoder: ${event.type} out of order`);
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
    const block = this.#blocks.last("text") ?? this.#open("text", null);
    this.#blocks.write(block, delta(block, text));
  }

  #thinking({ text, signature, redacted }: Delta<"thinking-delta">): void {
    if (redacted !== undefined) {
      const hidden = this.#open("redacted", null);
      this.#blocks.write(hidden, delta(hidden, writeRedacted(redacted)));
      this.#blocks.seal(hidden);
      return;
    }
    if (text === "" && signature === undefined) return;
    const block = this.#blocks.last("thinking") ?? this.#open("thinking", null);
    if (text !== "") this.#blocks.write(block, delta(block, text));
    if (signature === undefined) return;
    const proof = { reasoningContent: { signature: writeTextSignature(signature) } };
    this.#blocks.write(block, otherDelta(block, proof));
    this.#blocks.seal(block);
  }

  #startCall({ index, id, name, signature }: Delta<"tool-call-start">): void {
    const toolUse = { toolUseId: callId(id, signature), name };
    const block = this.#open("call", { toolUse });
    this.#calls.set(index, block);
    this.#silent.add(block);
  }

  #continueCall({ index, argumentsJson }: Delta<"tool-call-delta">): void {
    const block = this.#calls.get(index);
    if (block === undefined) throw new Error("ConverseStreamEncoder: a tool call that never began");
    this.#silent.delete(block);
    this.#blocks.writeArguments(block, argumentsJson, delta(block, argumentsJson));
  }

  #cite(citation: Citation): void {
    const block = this.#blocks.last("text") ?? this.#open("text", null);
    this.#blocks.write(block, otherDelta(block, { citation: writeCitation(citation) }));
  }

  #image(source: MediaSource): void {
    const image = imageBytes(source);
    if (image === null) {
      this.#text(imageAsText(source));
      return;
    }
    const block = this.#open("image", { image: { format: image.format } });
    this.#blocks.write(block, delta(block, image.bytes));
    this.#blocks.seal(block);
  }

  #close({ reason, stopSequence }: Delta<"finish">): void {
    this.#state = "finished";
    this.#finish = { reason, stopSequence };
    // Clients parse what they have gathered, and nothing is no JSON.
    for (const block of this.#silent) this.#blocks.writeArguments(block, "{}", delta(block, "{}"));
    this.#blocks.sealAll();
  }

  #open(kind: BlockKind, start: JsonObject | null): Block<BlockKind> {
    return this.#blocks.open(blockEvents(kind, this.#nextIndex++, start), kind === "call");
  }
}
