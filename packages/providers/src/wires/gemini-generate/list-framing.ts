import { SseParser } from "@headrace/core/sse/parser";

/** Far above any event of a real provider, and a bound all the same. */
const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/**
 * The other form of a stream on this wire: without `alt=sse` in the URL the pieces of an answer are the elements of one
 * JSON array that grows (Gemini API reference, "streamGenerateContent"). Providers are always asked for events, and a
 * client that did not ask for them gets theirs through this, whether they are translated or passed on; the content type
 * is `application/json` then. An error inside the stream is an element too, as at Google.
 */
export class GeminiListFraming {
  readonly contentType = "application/json";
  readonly #parser: SseParser;
  #out = "";
  #begun = false;

  constructor() {
    this.#parser = new SseParser({
      maxEventBytes: MAX_EVENT_BYTES,
      onEvent: ({ data }) => {
        this.#out += `${this.#begun ? ",\r\n" : "["}${data}`;
        this.#begun = true;
      },
    });
  }

  /**
   * Takes bytes of events, cut anywhere, and gives those of the array; "" for comments and blank lines.
   *
   * @throws GatewayError `upstream_event_too_large`
   */
  push(events: Uint8Array): string {
    this.#parser.push(events);
    return this.#takeOut();
  }

  /** Closes the array, behind an error as behind a whole answer; a cut stream must not come here without its error. */
  end(): string {
    this.#parser.end();
    return `${this.#takeOut()}${this.#begun ? "]" : "[]"}`;
  }

  #takeOut(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }
}
