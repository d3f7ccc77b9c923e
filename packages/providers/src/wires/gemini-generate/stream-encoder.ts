import type { FinishReason } from "@headrace/core/canonical/chat";
import type { Citation } from "@headrace/core/canonical/chat-parts";
import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { ChatCallFacts, ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { mediaPart, signed, thoughtPart } from "./answer-encoder.ts";
import { finishToGemini, MALFORMED_CALL } from "./finish-reasons.ts";
import { writeGrounding } from "./grounding.ts";
import { HeldCall } from "./held-call.ts";
import { writeLogprobs } from "./logprobs.ts";
import { usageToGemini } from "./usage.ts";

/** What calls that are not whole yet may hold together. */
const MAX_HELD_CHARS = 16 * 1024 * 1024;
/** Ranges of citations are counted in the text before them, of which no more than this is kept. */
const MAX_CITED_CHARS = 256 * 1024;
const MAX_CITATIONS = 1024;

/** As Google ends its lines. */
const LINE_END = "\r\n\r\n";
const EMPTY_PART = '{"text":""}';

type Encodable = Exclude<ChatStreamEvent, { type: "error" }>;
type Delta<T extends Encodable["type"]> = Extract<Encodable, { type: T }>;

interface Choice {
  readonly index: number;
  /** By the index of the call, in order. */
  readonly calls: Map<number, HeldCall>;
  readonly citations: Citation[];
  text: string | null;
  finish: FinishReason | null;
}

/**
 * Writes a streamGenerateContent stream. Each event becomes a piece of an answer as it comes, but for calls, which wait
 * until their arguments are whole, and for the reasons why the choices ended, which wait for the usage: they come
 * together in the last piece, so that a stream which is cut has none.
 */
export class GeminiStreamEncoder implements ChatStreamEncoder {
  readonly #call: ChatCallFacts;
  readonly #choices = new Map<number, Choice>();
  #state: "new" | "open" | "ended" = "new";
  #usage: TokenUsage | null = null;
  #heldChars = 0;
  /** What every piece ends with. */
  #tail = "";

  constructor(call: ChatCallFacts) {
    this.#call = call;
  }

  encode(event: Encodable): string {
    if (event.type === "start") return this.#start(event);
    if (this.#state !== "open") throw new Error(`GeminiStreamEncoder: ${event.type} out of order`);
    if (event.type === "usage") {
      this.#usage = event.usage;
      return "";
    }
    const choice = this.#choice(event.choice);
    if (choice.finish !== null) throw new Error(`GeminiStreamEncoder: ${event.type} behind the finish`);
    switch (event.type) {
      case "text-delta":
        return this.#text(choice, event);
      case "refusal-delta":
        return this.#piece(choice, `{"text":${JSON.stringify(event.text)}}`);
      case "thinking-delta":
        return this.#piece(choice, JSON.stringify(thoughtPart(event.text, event)));
      case "tool-call-start":
        return this.#startCall(choice, event);
      case "tool-call-delta":
        return this.#continueCall(choice, event);
      case "citation":
        if (choice.citations.length < MAX_CITATIONS) choice.citations.push(event.citation);
        return "";
      case "image":
        return this.#image(choice, event);
      case "finish":
        choice.finish = event.reason;
        return "";
    }
  }

  end(): string {
    if (this.#state !== "open") throw new Error("GeminiStreamEncoder: end out of order");
    this.#state = "ended";
    const candidates = [...this.#choices.values()].map((choice) => this.#lastOf(choice));
    const usage =
      this.#usage === null ? "" : `"usageMetadata":${JSON.stringify(usageToGemini(this.#usage))},`;
    return `data: {"candidates":[${candidates.join()}],${usage}${this.#tail}`;
  }

  #start({ id, model }: Delta<"start">): string {
    if (this.#state !== "new") throw new Error("GeminiStreamEncoder: a second start");
    this.#state = "open";
    const modelVersion = JSON.stringify(model === "" ? this.#call.model : model);
    const responseId = JSON.stringify(id === "" ? this.#call.requestId : id);
    this.#tail = `"modelVersion":${modelVersion},"responseId":${responseId}}${LINE_END}`;
    return "";
  }

  #choice(index: number): Choice {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = { index, calls: new Map(), citations: [], text: "", finish: null };
      this.#choices.set(index, choice);
    }
    return choice;
  }

  /** A piece of an answer with one part, behind the calls that came before it. */
  #piece(choice: Choice, partJson: string, fieldsJson = ""): string {
    const piece = this.#write(choice, partJson, fieldsJson);
    return choice.calls.size === 0 ? piece : this.#wholeCalls(choice) + piece;
  }

  #write({ index }: Choice, partsJson: string, fieldsJson: string): string {
    return `data: {"candidates":[{"content":{"parts":[${partsJson}],"role":"model"},"index":${index}${fieldsJson}}],${this.#tail}`;
  }

  #text(choice: Choice, { text, signature, logprobs }: Delta<"text-delta">): string {
    if (choice.text !== null) choice.text = choice.text.length < MAX_CITED_CHARS ? choice.text + text : null;
    const result =
      logprobs === undefined ? "" : `,"logprobsResult":${JSON.stringify(writeLogprobs(logprobs))}`;
    if (signature !== undefined)
      return this.#piece(choice, JSON.stringify({ text, ...signed(signature) }), result);
    return text === "" && result === ""
      ? ""
      : this.#piece(choice, `{"text":${JSON.stringify(text)}}`, result);
  }

  #image(choice: Choice, { source }: Delta<"image">): string {
    const part = mediaPart(source, "image");
    return part === null ? "" : this.#piece(choice, JSON.stringify(part));
  }

  #startCall(choice: Choice, event: Delta<"tool-call-start">): string {
    choice.calls.set(event.index, new HeldCall(event));
    return "";
  }

  #continueCall(choice: Choice, { index, argumentsJson }: Delta<"tool-call-delta">): string {
    this.#heldChars += argumentsJson.length;
    if (this.#heldChars > MAX_HELD_CHARS)
      throw new GatewayError("upstream_invalid_response", {
        message: "The model called functions with more arguments than the gateway can hold.",
      });
    // One that is out already was whole, so that this can only be blanks.
    choice.calls.get(index)?.add(argumentsJson);
    return "";
  }

  /** The calls that are whole, in order, up to the first that is not. */
  #wholeCalls(choice: Choice): string {
    const parts: string[] = [];
    for (const [index, call] of choice.calls) {
      const part = call.earlyPart();
      if (part === null) break;
      parts.push(JSON.stringify(part));
      choice.calls.delete(index);
    }
    return parts.length === 0 ? "" : this.#write(choice, parts.join(), "");
  }

  #lastOf(choice: Choice): string {
    const parts: string[] = [];
    let isMalformed = false;
    for (const call of choice.calls.values()) {
      const part = call.part();
      if (part === null) isMalformed = true;
      else parts.push(JSON.stringify(part));
    }
    const reason = isMalformed ? MALFORMED_CALL : finishToGemini(choice.finish ?? "other");
    const content = `{"parts":[${parts.join() || EMPTY_PART}],"role":"model"}`;
    const grounding = groundingOf(choice);
    const sources = grounding === undefined ? "" : `,"groundingMetadata":${JSON.stringify(grounding)}`;
    return `{"content":${content},"finishReason":"${reason}","index":${choice.index}${sources}}`;
  }
}

function groundingOf({ citations, text }: Choice): JsonObject | undefined {
  const placed = citations.map((citation) => ({ part: 0, citation }));
  return writeGrounding(placed, { textOfPart: () => text });
}
