import { type CarriedThinking, packToolCallId } from "@headrace/core/canonical/carried-state";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { freeformInput } from "./answer-parts.ts";
import { writeReasoningDetail } from "./reasoning-details.ts";

type ThinkingDelta = Extract<ChatStreamEvent, { type: "thinking-delta" }>;
type CallStart = Extract<ChatStreamEvent, { type: "tool-call-start" }>;
type CallDelta = Extract<ChatStreamEvent, { type: "tool-call-delta" }>;

/** Far above any block of thinking, and any input of a tool. */
const MAX_HELD_CHARS = 16 * 1024 * 1024;

/** What one choice of a stream has to remember: thinking until its proof comes, and calls of tools that take text. */
export class StreamedChoice {
  readonly #freeform: ReadonlySet<string>;
  #thinking = "";
  #blocks = 0;
  /** Signed thinking that no call has taken along yet. */
  #carried: CarriedThinking[] = [];
  /** Arguments of calls that can only be written when they are whole. */
  readonly #held = new Map<number, string>();
  /** Calls of which no argument has come yet. */
  readonly #silent = new Set<number>();

  constructor(freeform: ReadonlySet<string>) {
    this.#freeform = freeform;
  }

  /** The deltas that an event makes, as JSON. */
  take(event: ThinkingDelta | CallStart | CallDelta): readonly string[] {
    if (event.type === "thinking-delta") return this.#think(event);
    return event.type === "tool-call-start" ? this.#startCall(event) : this.#continueCall(event);
  }

  /** What waited for the end. */
  flush(): readonly string[] {
    const deltas: string[] = [];
    for (const [index, held] of this.#held) {
      const input = freeformInput(held === "" ? "{}" : held);
      deltas.push(JSON.stringify({ tool_calls: [{ index, custom: { input } }] }));
    }
    this.#held.clear();
    // Clients parse what they have gathered, and nothing is no JSON.
    for (const index of this.#silent) deltas.push(argumentsDelta(index, "{}"));
    this.#silent.clear();
    return deltas;
  }

  #think(event: ThinkingDelta): readonly string[] {
    const { text } = event;
    const words = text === "" ? [] : [`{"reasoning_content":${JSON.stringify(text)}}`];
    if (this.#thinking.length < MAX_HELD_CHARS) this.#thinking += text;
    const block = blockOf(this.#thinking, event);
    if (block === null) return words;
    this.#thinking = "";
    this.#carried.push(block);
    const detail = writeReasoningDetail(block, this.#blocks++);
    return [...words, JSON.stringify({ reasoning_details: [detail] })];
  }

  #startCall({ index, id, name, signature }: CallStart): readonly string[] {
    const state = {
      ...(signature === undefined ? {} : { signature }),
      ...(this.#carried.length === 0 ? {} : { thinking: this.#carried }),
    };
    this.#carried = [];
    const packed = packToolCallId(id, state);
    if (this.#freeform.has(name)) {
      this.#held.set(index, "");
      return [
        JSON.stringify({ tool_calls: [{ index, id: packed, type: "custom", custom: { name, input: "" } }] }),
      ];
    }
    this.#silent.add(index);
    const called = { name, arguments: "" };
    return [JSON.stringify({ tool_calls: [{ index, id: packed, type: "function", function: called }] })];
  }

  #continueCall({ index, argumentsJson }: CallDelta): readonly string[] {
    const held = this.#held.get(index);
    if (held !== undefined) {
      if (held.length < MAX_HELD_CHARS) this.#held.set(index, held + argumentsJson);
      return [];
    }
    this.#silent.delete(index);
    return [argumentsDelta(index, argumentsJson)];
  }
}

/** Null as long as there is no proof. Hidden thinking is a block of its own: shown words before it have no proof. */
function blockOf(text: string, { signature, redacted }: ThinkingDelta): CarriedThinking | null {
  if (redacted !== undefined) return { text: "", redacted };
  return signature === undefined ? null : { text, signature };
}

function argumentsDelta(index: number, argumentsJson: string): string {
  return `{"tool_calls":[{"index":${index},"function":{"arguments":${JSON.stringify(argumentsJson)}}}]}`;
}
