import { SseParser } from "@headrace/core/sse/parser";
import { awsHeaders, awsMessage } from "../framing/aws-message.ts";
import { MAX_FRAME_BYTES } from "../framing/byte-carry.ts";

/** Types of events are few; what a provider makes up beyond that is written, but not kept. */
const MAX_KEPT_HEADERS = 64;
const EXCEPTION = /exception$/i;
const NOTHING = Buffer.alloc(0);

/** What becomes of an event on its way into a message. */
export interface BedrockMessageForm {
  /** The message's type for an event's. */
  type(event: string): string;
  payload(data: string): string;
}

/** ConverseStream: types and payloads as they are. */
export const CONVERSE_MESSAGES: BedrockMessageForm = {
  type: (event) => event,
  payload: (data) => data,
};

/** InvokeModelWithResponseStream: every event is a `chunk` (Bedrock API reference, "PayloadPart"). */
export const INVOKE_MESSAGES: BedrockMessageForm = {
  type: () => "chunk",
  payload: (data) => JSON.stringify({ bytes: Buffer.from(data).toString("base64") }),
};

/**
 * Puts events into the binary messages that AWS's SDKs read, whether they were translated or come from a provider on the
 * same wire. An event whose type ends in `Exception` becomes an exception, which ends the stream with an error.
 */
export class BedrockMessageFraming {
  readonly contentType = "application/vnd.amazon.eventstream";
  readonly #form: BedrockMessageForm;
  readonly #headers = new Map<string, Buffer>();
  readonly #parser: SseParser;
  #messages: Buffer[] = [];

  constructor(form: BedrockMessageForm) {
    this.#form = form;
    this.#parser = new SseParser({
      maxEventBytes: MAX_FRAME_BYTES,
      onEvent: ({ event, data }) => this.#messages.push(this.#message(event, data)),
    });
  }

  /**
   * Takes bytes of events, cut anywhere, and gives those of messages; none for comments, for which the binary form has no
   * place.
   *
   * @throws GatewayError `upstream_event_too_large`
   */
  push(events: Uint8Array): Buffer {
    this.#parser.push(events);
    return this.#take();
  }

  /** There is no last message: a stream ends with its connection. */
  end(): Buffer {
    this.#parser.end();
    return this.#take();
  }

  #message(event: string, data: string): Buffer {
    if (EXCEPTION.test(event)) return awsMessage(this.#headersFor("exception", event), data);
    return awsMessage(this.#headersFor("event", this.#form.type(event)), this.#form.payload(data));
  }

  #headersFor(kind: "event" | "exception", type: string): Buffer {
    const kept = this.#headers.get(type);
    if (kept !== undefined) return kept;
    const headers = awsHeaders([
      [`:${kind}-type`, type],
      [":content-type", "application/json"],
      [":message-type", kind],
    ]);
    if (this.#headers.size < MAX_KEPT_HEADERS) this.#headers.set(type, headers);
    return headers;
  }

  #take(): Buffer {
    const [first] = this.#messages;
    if (first === undefined) return NOTHING;
    const bytes = this.#messages.length === 1 ? first : Buffer.concat(this.#messages);
    this.#messages = [];
    return bytes;
  }
}
