import type { ChatStreamEvent } from "@headrace/core/canonical/chat-stream";
import { addUsage, type TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ChatStreamEncoder } from "@headrace/core/wire/chat-codec";
import { estimateUsage } from "../pipeline/metered-usage.ts";
import { Seam } from "./seam.ts";

/** Longer texts are not kept: going on with one would cost about as much as a new answer. */
const MAX_TEXT_CHARS = 256 * 1024;
const CHARS_PER_TOKEN = 4;

type Encodable = Parameters<ChatStreamEncoder["encode"]>[0];

/** An answer that broke off. */
export interface BrokenAnswer {
  /** It goes on writing where the answer broke off. */
  readonly encoder: ChatStreamEncoder;
  /** What the client has. */
  readonly text: string;
  /** What it has cost so far. */
  readonly spent: TokenUsage;
}

/** What one target writes of an answer, and what is to be known of it if another must go on. */
export interface AnswerLeg extends ChatStreamEncoder {
  /** Null when another could not go on from here without the client's noticing. */
  readonly broken: Omit<BrokenAnswer, "spent"> | null;
}

/** An answer's first leg: passes on all of it. */
export class FirstLeg implements AnswerLeg {
  readonly #encoder: ChatStreamEncoder;
  #text = "";
  #started = false;
  #thought = false;
  #isPlain = true;

  constructor(encoder: ChatStreamEncoder) {
    this.#encoder = encoder;
  }

  /** Thoughts that end before the text does are not missed; half of them are. */
  get broken(): Omit<BrokenAnswer, "spent"> | null {
    if (!this.#isPlain || !this.#started || (this.#thought && this.#text === "")) return null;
    return { encoder: this.#encoder, text: this.#text };
  }

  encode(event: Encodable): string {
    this.#note(event);
    return this.#encoder.encode(event);
  }

  end(): string {
    this.#isPlain = false;
    return this.#encoder.end();
  }

  #note(event: Encodable): void {
    switch (event.type) {
      case "start":
        this.#started = true;
        return;
      case "usage":
      case "citation":
        return;
      case "thinking-delta":
        this.#thought = true;
        this.#isPlain &&= this.#text === "";
        return;
      case "text-delta":
        this.#isPlain &&= event.choice === 0 && this.#text.length + event.text.length <= MAX_TEXT_CHARS;
        this.#text = this.#isPlain ? this.#text + event.text : "";
        return;
      default:
        this.#isPlain = false; // a call, a picture, a refusal, the end
    }
  }
}

export interface NextLegOptions {
  /** The provider always begins with what it was given. */
  readonly echoes: boolean;
  /** Of the request as the client wrote it. */
  readonly estimatedInputTokens: number;
}

/** A leg that goes on with an answer: what the client has been told already is left out. */
export class NextLeg implements AnswerLeg {
  readonly #before: BrokenAnswer;
  readonly #options: NextLegOptions;
  readonly #seam: Seam;
  #text: string;
  #isPlain = true;
  #thought = false;
  #usage: TokenUsage | null = null;
  #writtenChars = 0;

  constructor(before: BrokenAnswer, options: NextLegOptions) {
    this.#before = before;
    this.#options = options;
    this.#seam = new Seam(before.text, options);
    this.#text = before.text;
  }

  get broken(): Omit<BrokenAnswer, "spent"> | null {
    if (!this.#isPlain || (this.#thought && this.#text === "")) return null;
    return { encoder: this.#before.encoder, text: this.#text };
  }

  encode(event: Encodable): string {
    if ("choice" in event && event.choice !== 0) throw secondAnswer();
    switch (event.type) {
      case "start":
        return "";
      case "thinking-delta":
        this.#writtenChars += event.text.length;
        if (this.#text !== "") return ""; // it would come in the middle of what is said
        this.#thought = true;
        return this.#before.encoder.encode(event);
      case "usage":
        this.#usage = event.usage;
        return this.#encodeUsage(event.usage);
      case "text-delta":
        this.#writtenChars += event.text.length;
        return this.#say(this.#seam.push(event.text));
      case "citation":
        return this.#cite(event);
      default: {
        const rest = this.#say(this.#seam.end());
        this.#isPlain = false;
        return rest + this.#before.encoder.encode(event);
      }
    }
  }

  end(): string {
    const rest = this.#say(this.#seam.end());
    this.#isPlain = false;
    const usage = this.#usage === null ? this.#encodeUsage(this.#estimate()) : "";
    return rest + usage + this.#before.encoder.end();
  }

  #say(text: string): string {
    if (text === "") return "";
    this.#isPlain &&= this.#text.length + text.length <= MAX_TEXT_CHARS;
    this.#text = this.#isPlain ? this.#text + text : "";
    return this.#before.encoder.encode({ type: "text-delta", choice: 0, text });
  }

  /** The range is counted in a text that the client has in another form. */
  #cite({ citation: { startIndex: _start, endIndex: _end, ...citation } }: CitationEvent): string {
    return this.#before.encoder.encode({ type: "citation", choice: 0, citation });
  }

  #encodeUsage(usage: TokenUsage): string {
    return this.#before.encoder.encode({ type: "usage", usage: addUsage(this.#before.spent, usage) });
  }

  #estimate(): TokenUsage {
    const { estimatedInputTokens } = this.#options;
    return estimateUsage(null, {
      inputTokens: estimatedInputTokens + Math.ceil(this.#before.text.length / CHARS_PER_TOKEN),
      outputTokens: Math.ceil(this.#writtenChars / CHARS_PER_TOKEN),
    }).tokens;
  }
}

type CitationEvent = Extract<ChatStreamEvent, { type: "citation" }>;

function secondAnswer(): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: "The model provider gave more than one answer where another's was to be gone on with.",
  });
}
