import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import type { ChatCallFacts, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { answerId } from "./answer-encoder.ts";
import {
  FINISH_TO_OPENAI,
  freeformToolsOf,
  writeAnnotation,
  writeImage,
  writeLogprobs,
} from "./answer-parts.ts";
import { StreamedChoice } from "./streamed-choice.ts";
import { usageToOpenAi } from "./usage-writer.ts";

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;
type Start = Extract<Encodable, { type: "start" }>;
type TextDelta = Extract<Encodable, { type: "text-delta" }>;

const DONE = "data: [DONE]\n\n";

/**
 * Writes a stream of chunks (OpenAI API reference, "The chat completion chunk object"). A choice's role goes out with its
 * first piece and not before, so that a provider which fails until then can still be answered for by another.
 */
export class OpenAiChatStreamEncoder implements ChatStreamEncoder {
  readonly #call: ChatCallFacts;
  readonly #freeform: ReadonlySet<string>;
  readonly #choices = new Map<number, StreamedChoice>();
  /** All of a chunk before its choices. */
  #head = "";
  #usage: TokenUsage | null = null;
  #ended = false;

  constructor(call: ChatCallFacts) {
    this.#call = call;
    this.#freeform = freeformToolsOf(call.echo);
  }

  encode(event: Encodable): string {
    if (this.#ended) throw new Error("OpenAiChatStreamEncoder: an event after the end");
    if (event.type === "start") return this.#start(event);
    if (event.type === "usage") {
      this.#usage = event.usage;
      return "";
    }
    const opening = this.#choices.has(event.choice) ? "" : this.#open(event.choice);
    return opening + this.#piece(event);
  }

  end(): string {
    if (this.#ended) throw new Error("OpenAiChatStreamEncoder: ended twice");
    this.#ended = true;
    if (!this.#call.includeUsage || this.#usage === null) return DONE;
    return `${this.#head}"choices":[],"usage":${JSON.stringify(usageToOpenAi(this.#usage))}}\n\n${DONE}`;
  }

  #start({ id, model, createdAtSeconds }: Start): string {
    const head = {
      id: answerId(id, this.#call),
      object: "chat.completion.chunk",
      created: createdAtSeconds ?? this.#call.createdAtSeconds,
      model: model === "" ? this.#call.model : model,
    };
    this.#head = `data: ${JSON.stringify(head).slice(0, -1)},`;
    return "";
  }

  #open(choice: number): string {
    if (this.#head === "") throw new Error("OpenAiChatStreamEncoder: a piece before the start");
    this.#choices.set(choice, new StreamedChoice(this.#freeform));
    return this.#chunk(choice, '{"role":"assistant","content":""}');
  }

  #piece(event: Exclude<Encodable, { type: "start" | "usage" }>): string {
    switch (event.type) {
      case "text-delta":
        return this.#text(event);
      case "refusal-delta":
        return this.#chunk(event.choice, `{"refusal":${JSON.stringify(event.text)}}`);
      case "citation": {
        const annotation = writeAnnotation(event.citation, 0);
        return this.#chunk(event.choice, JSON.stringify({ annotations: [annotation] }));
      }
      case "image":
        return this.#chunk(event.choice, JSON.stringify({ images: [writeImage(event.source)] }));
      case "finish":
        return this.#deltas(event.choice, this.#choiceOf(event.choice).flush()) + this.#finish(event);
      default:
        return this.#deltas(event.choice, this.#choiceOf(event.choice).take(event));
    }
  }

  /** What most of a stream is made of. */
  #text({ choice, text, logprobs }: TextDelta): string {
    if (text === "" && logprobs === undefined) return ""; // it held no more than a proof
    const written = logprobs === undefined ? "null" : JSON.stringify(writeLogprobs(logprobs));
    return this.#chunk(choice, `{"content":${JSON.stringify(text)}}`, written);
  }

  #finish({ choice, reason }: Extract<Encodable, { type: "finish" }>): string {
    const usage = this.#call.includeUsage ? ',"usage":null' : "";
    return `${this.#head}"choices":[{"index":${choice},"delta":{},"logprobs":null,"finish_reason":"${FINISH_TO_OPENAI[reason]}"}]${usage}}\n\n`;
  }

  #deltas(choice: number, deltas: readonly string[]): string {
    let chunks = "";
    for (const delta of deltas) chunks += this.#chunk(choice, delta);
    return chunks;
  }

  #chunk(choice: number, delta: string, logprobs = "null"): string {
    const usage = this.#call.includeUsage ? ',"usage":null' : "";
    return `${this.#head}"choices":[{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":null}]${usage}}\n\n`;
  }

  #choiceOf(choice: number): StreamedChoice {
    const found = this.#choices.get(choice);
    if (found === undefined) throw new Error("OpenAiChatStreamEncoder: a choice that was never opened");
    return found;
  }
}
