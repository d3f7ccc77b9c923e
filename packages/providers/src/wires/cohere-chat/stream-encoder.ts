import type { FinishReason, TokenLogprob } from "@headrace/core/canonical/chat";
import type { Citation } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ChatCallFacts, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { usageToCohere } from "../../cohere/usage.ts";
import { type Block, BlockOrder } from "../../streaming/block-order.ts";
import { ThinkingCarrier } from "../../streaming/carried-thinking.ts";
import { answerId, imageAsText } from "./answer-encoder.ts";
import { writeCitation } from "./citations.ts";
import { finishToCohere } from "./finish-reasons.ts";
import { type BlockKind, blockEvents, delta, event as writeEvent } from "./stream-blocks.ts";

/** Ranges of citations are counted in the text before them, of which no more than this is kept. */
const MAX_CITED_CHARS = 1024 * 1024;

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;
type Delta<T extends Encodable["type"]> = Extract<Encodable, { type: T }>;

/** Where a block of text begins in all of it. */
interface TextPlace {
  readonly contentIndex: number;
  readonly offset: number;
}

/**
 * Writes a chat's stream from any provider's events (Cohere API reference, "Chat with Streaming"). The last event goes out
 * in `end`, since usage may still follow the finish.
 */
export class CohereStreamEncoder implements ChatStreamEncoder {
  readonly #call: ChatCallFacts;
  readonly #blocks = new BlockOrder<BlockKind>();
  readonly #calls = new Map<number, Block<BlockKind>>();
  /** Calls of which no argument has come yet. */
  readonly #silent = new Set<Block<BlockKind>>();
  readonly #carrier = new ThinkingCarrier();
  readonly #texts: TextPlace[] = [];
  #text = "";
  #state: "new" | "open" | "finished" | "ended" = "new";
  #contents = 0;
  #citations = 0;
  #finish: { readonly reason: FinishReason; readonly stopSequence: string | undefined } | null = null;
  #usage: TokenUsage | null = null;

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
      throw new Error("CohereStreamEncoder: end without a finish");
    this.#state = "ended";
    const { reason, stopSequence } = this.#finish;
    return writeEvent({
      type: "message-end",
      delta: {
        finish_reason: finishToCohere(reason, stopSequence),
        ...(this.#usage === null ? {} : { usage: usageToCohere(this.#usage) }),
      },
    });
  }

  #start({ id }: Delta<"start">): string {
    if (this.#state !== "new") throw new Error("CohereStreamEncoder: a second start");
    this.#state = "open";
    const message = { role: "assistant", content: [], tool_plan: "", tool_calls: [], citations: [] };
    return writeEvent({ type: "message-start", id: answerId(id, this.#call), delta: { message } });
  }

  #content(event: Exclude<Encodable, { type: "start" | "usage" }>): void {
    if (this.#state !== "open") throw new Error(`CohereStreamEncoder: ${event.type} out of order`);
    switch (event.type) {
      case "text-delta":
        this.#say(event.text, event.logprobs);
        return;
      case "refusal-delta":
        this.#say(event.text);
        return;
      case "thinking-delta":
        this.#think(event);
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
        this.#say(imageAsText(event.source));
        return;
      case "finish":
        this.#close(event);
        return;
    }
  }

  #say(text: string, logprobs?: readonly TokenLogprob[]): void {
    if (text === "") return;
    const block = this.#textBlock();
    if (this.#text.length < MAX_CITED_CHARS) this.#text += text;
    this.#blocks.write(
      block,
      delta(block, text, logprobs === undefined ? "" : logprobsMember(text, logprobs)),
    );
  }

  #textBlock(): Block<BlockKind> {
    const open = this.#blocks.last("text");
    if (open !== null) return open;
    this.#texts.push({ contentIndex: this.#contents, offset: this.#text.length });
    return this.#openContent("text");
  }

  #think(event: Delta<"thinking-delta">): void {
    this.#carrier.take(event);
    if (event.text !== "") {
      const block = this.#blocks.last("thinking") ?? this.#openContent("thinking");
      this.#blocks.write(block, delta(block, event.text));
    }
    const { signature } = event;
    const block = this.#blocks.last("thinking");
    if (signature !== undefined && block !== null) this.#blocks.seal(block);
  }

  #openContent(kind: "text" | "thinking"): Block<BlockKind> {
    const events = blockEvents(kind, this.#contents++, { content: { type: kind, [kind]: "" } });
    return this.#blocks.open(events, false);
  }

  #startCall({ index, id, name, signature }: Delta<"tool-call-start">): void {
    const packed = this.#carrier.pack(id, signature);
    const called = { id: packed, type: "function", function: { name, arguments: "" } };
    const events = blockEvents("call", this.#calls.size, { tool_calls: called });
    const block = this.#blocks.open(events, true);
    this.#calls.set(index, block);
    this.#silent.add(block);
  }

  #continueCall({ index, argumentsJson }: Delta<"tool-call-delta">): void {
    const block = this.#calls.get(index);
    if (block === undefined) throw new Error("CohereStreamEncoder: a tool call that never began");
    this.#silent.delete(block);
    this.#blocks.writeArguments(block, argumentsJson, delta(block, argumentsJson));
  }

  /** One without a range is about the text that was last said. */
  #cite(citation: Citation): void {
    const block = this.#textBlock();
    const { startIndex = this.#text.length } = citation;
    const place = this.#texts.findLast(({ offset }) => offset <= startIndex) ?? this.#texts[0];
    if (place === undefined) return;
    const index = this.#citations++;
    const citations = writeCitation(citation, this.#text.slice(place.offset), place);
    const start = writeEvent({ type: "citation-start", index, delta: { message: { citations } } });
    this.#blocks.write(block, start + writeEvent({ type: "citation-end", index }));
  }

  #close({ reason, stopSequence }: Delta<"finish">): void {
    this.#state = "finished";
    this.#finish = { reason, stopSequence };
    // Clients parse what they have gathered, and nothing is no JSON.
    for (const block of this.#silent) this.#blocks.writeArguments(block, "{}", delta(block, "{}"));
    this.#blocks.sealAll();
  }
}

/** In a stream they are of the delta's whole text. */
function logprobsMember(text: string, logprobs: readonly TokenLogprob[]): string {
  const values = logprobs.map(({ logprob }) => logprob);
  return `,"logprobs":${JSON.stringify({ text, token_ids: [], logprobs: values })}`;
}
