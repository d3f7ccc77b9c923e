import { usdText } from "@headrace/core/canonical/cost";
import { totalInputTokens, totalOutputTokens } from "@headrace/core/canonical/usage";
import type { ClientWire } from "@headrace/core/wire/client-wire";
import type { Toll } from "../pipeline/spending.ts";

/** The header by which a client asks to be told at the end of a stream what it cost. */
const STREAM_COST_HEADER = "x-headrace-stream-cost";

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** @param bearer - of the request's headers */
export function noteAskedFor(bearer: { header(name: string): string }, wire: ClientWire): StreamNote | null {
  return bearer.header(STREAM_COST_HEADER) === "true" ? new StreamNote(wire) : null;
}

const EVENT_JSON = "data: {";
const NOTHING: Buffer = Buffer.alloc(0);

/**
 * Tells of a stream what a plain answer's head tells: what it cost. It stands between events, before the one that ends the
 * stream on the client's wire, which is kept back until the cost is known; or, where clients take nothing between events,
 * as a member `headrace` of the last one. All else goes on as the provider wrote it.
 */
export class StreamNote {
  readonly #wire: ClientWire;
  #kept: Buffer = NOTHING;
  /** The answer is about to end: its last event is kept back. */
  #closing = false;

  constructor(wire: ClientWire) {
    this.#wire = wire;
  }

  /** @returns what of these events may go out now */
  take(events: Buffer): Buffer {
    const { closingMember } = this.#wire;
    return closingMember === undefined ? this.#takeClosing(events) : this.#takeLast(events, closingMember);
  }

  /** The end of the stream, with what was kept back. */
  end(toll: Toll): Buffer {
    return this.#wire.closingMember === undefined
      ? Buffer.concat([Buffer.from(commentOf(toll)), this.#kept])
      : withMember(this.#kept, toll);
  }

  /** For a stream that fails: the event that would say that it is whole stays back. */
  endFailed(toll: Toll): Buffer {
    if (this.#wire.closingMember === undefined) this.#kept = NOTHING;
    return this.end(toll);
  }

  #takeClosing(events: Buffer): Buffer {
    const at = this.#closing ? 0 : this.#closingAt(events);
    if (at === -1) return events;
    this.#closing = true;
    this.#kept = Buffer.concat([this.#kept, events.subarray(at)]);
    return events.subarray(0, at);
  }

  #takeLast(events: Buffer, member: string): Buffer {
    this.#closing ||= events.includes(member);
    const at = this.#closing ? beginningOf(EVENT_JSON, events) : -1;
    if (at === -1 && this.#kept.length === 0) return events;
    const end = at === -1 ? events.length : at;
    const passed = Buffer.concat([this.#kept, events.subarray(0, end)]);
    this.#kept = events.subarray(end);
    return passed;
  }

  #closingAt(events: Buffer): number {
    for (const beginning of this.#wire.closingEvents ?? []) {
      const at = beginningOf(beginning, events);
      if (at !== -1) return at;
    }
    return -1;
  }
}

/** Where the last event stands that begins so; -1 for none. */
function beginningOf(beginning: string, events: Buffer): number {
  const at = events.lastIndexOf(beginning);
  return at !== -1 && isBetweenEvents(events, at) ? at : -1;
}

/** Behind a blank line, or where the bytes begin, which are whole events. */
function isBetweenEvents(events: Buffer, at: number): boolean {
  if (at === 0) return true;
  if (events[at - 1] !== LINE_FEED) return false;
  const before = events[at - 2];
  return at === 1 || before === LINE_FEED || (before === CARRIAGE_RETURN && events[at - 3] === LINE_FEED);
}

function commentOf(toll: Toll): string {
  return `: headrace ${jsonOf(toll)}\n\n`;
}

/** @param event - nothing, or one with a JSON object that has a member */
function withMember(event: Buffer, toll: Toll): Buffer {
  if (event.length === 0) return event;
  const rest = event.subarray(EVENT_JSON.length);
  return Buffer.concat([Buffer.from(`${EVENT_JSON}"headrace":${jsonOf(toll)},`), rest]);
}

/** Amounts have no exponent, as in the header. */
function jsonOf({ usage, costUsd, attempts }: Toll): string {
  const cost = costUsd === null ? "null" : usdText(costUsd);
  if (usage === null) return `{"costUsd":${cost},"attempts":${attempts}}`;
  const { tokens, source } = usage;
  const counts = `"inputTokens":${totalInputTokens(tokens)},"outputTokens":${totalOutputTokens(tokens)}`;
  return `{"costUsd":${cost},${counts},"attempts":${attempts},"usageSource":"${source}"}`;
}
