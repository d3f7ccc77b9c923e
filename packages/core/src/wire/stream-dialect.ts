/** What the relay must recognise in a stream that it otherwise passes on untouched. */
export interface StreamDialect {
  /**
   * Bytes that only an event with usage contains; a hit is verified by decoding the event. Null for a wire that repeats
   * usage in every event: then only the last ones are decoded.
   */
  readonly usageMark: Uint8Array | null;
  /** Bytes that every error event contains. A hit is verified by decoding the event. */
  readonly errorMark: Uint8Array;
  /** Bytes that the event which ends a whole stream contains, or null when the wire has none. Verified likewise. */
  readonly doneMark: Uint8Array | null;
  /** That event as it is written when a provider left it out although its answer is finished; "" for none. */
  readonly doneEvent: string;
  /**
   * Reads one event's data. Must not throw on malformed data: that is `{ kind: "other" }`.
   *
   * @param event - the event's type, which only wires need whose data does not tell it
   */
  readEvent(data: string, event?: string): StreamEventReading;
}

/** What one event of a stream says, as far as the relay needs to know. */
export type StreamEventReading =
  | { readonly kind: "error"; readonly message: string; readonly status: number | null }
  | {
      readonly kind: "chunk";
      /** The provider's usage object as it stands, or null. */
      readonly usage: unknown;
      /** True when the event carries nothing but usage, so it may be left out for a client that did not ask. */
      readonly usageOnly: boolean;
      /** True when a choice ended in this event. */
      readonly finished: boolean;
      /**
       * UTF-8 bytes of what the model wrote in this event: text, reasoning, names and arguments of calls. It is how the
       * output of a stream without usage is estimated; absent where the wire does not tell, which counts as little text.
       */
      readonly textBytes?: number;
    }
  | { readonly kind: "done" }
  | { readonly kind: "other" };
