import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ChatCallFacts, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { FINISH_TO_COMPLETION, usageToCompletion } from "./ending.ts";

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;

const DONE = "data: [DONE]\n\n";

/** Writes a stream of text completions; what is no text has no place in it. */
export class CompletionStreamEncoder implements ChatStreamEncoder {
  readonly #call: ChatCallFacts;
  /** All of a chunk before its choices. */
  #head = "";
  #usage: TokenUsage | null = null;
  #ended = false;

  constructor(call: ChatCallFacts) {
    this.#call = call;
  }

  encode(event: Encodable): string {
    if (this.#ended) throw new Error("CompletionStreamEncoder: an event after the end");
    switch (event.type) {
      case "start":
        this.#head = this.#headOf(event.id, event.model, event.createdAtSeconds);
        return "";
      case "text-delta":
        return event.text === "" ? "" : this.#chunk(event.choice, event.text, "null");
      case "finish":
        return this.#chunk(event.choice, "", `"${FINISH_TO_COMPLETION[event.reason]}"`);
      case "usage":
        this.#usage = event.usage;
        return "";
      default:
        return "";
    }
  }

  end(): string {
    if (this.#ended) throw new Error("CompletionStreamEncoder: ended twice");
    this.#ended = true;
    if (!this.#call.includeUsage) return DONE;
    return `${this.#head}"choices":[],"usage":${JSON.stringify(usageToCompletion(this.#usage))}}\n\n${DONE}`;
  }

  #headOf(id: string, model: string, createdAtSeconds: number | null): string {
    const head = {
      id: id === "" ? `cmpl-${this.#call.requestId}` : id,
      object: "text_completion",
      created: createdAtSeconds ?? this.#call.createdAtSeconds,
      model: model === "" ? this.#call.model : model,
    };
    return `data: ${JSON.stringify(head).slice(0, -1)},`;
  }

  #chunk(choice: number, text: string, finish: string): string {
    if (this.#head === "") throw new Error("CompletionStreamEncoder: a piece before the start");
    return `${this.#head}"choices":[{"index":${choice},"text":${JSON.stringify(text)},"logprobs":null,"finish_reason":${finish}}]}\n\n`;
  }
}
