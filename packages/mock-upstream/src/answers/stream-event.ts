/** One event of a stream before it is encoded. */
export interface StreamEvent {
  /** The event's type on wires that put it beside the data; "" elsewhere. */
  readonly name: string;
  readonly data: string;
  /** Tokens generated before this event: its place in time at a given speed. */
  readonly afterTokens: number;
}

/** An event without its place in time. */
export type UntimedEvent = Omit<StreamEvent, "afterTokens">;

/** Collects the events of a stream and counts the tokens that came before each. */
export class EventList {
  readonly events: StreamEvent[] = [];
  #tokens = 0;

  /** Adds an event; what is not text is written as JSON. */
  add(name: string, data: object | string): void {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.events.push({ name, data: text, afterTokens: this.#tokens });
  }

  /** Adds an event that carries one token. */
  addToken(name: string, data: object | string): void {
    this.add(name, data);
    this.countToken();
  }

  /** What was added before this carried one token. */
  countToken(): void {
    this.#tokens += 1;
  }
}
