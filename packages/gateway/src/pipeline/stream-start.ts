import type { Deadlined, Deadlines } from "../time/deadlines.ts";
import { MAX_ENVELOPE_BYTES, MAX_ENVELOPE_EVENTS } from "./shows-anything.ts";
import type { StreamRelay } from "./stream-relay.ts";

const NEVER = Number.POSITIVE_INFINITY;
/** A client that hears nothing for longer may think that nobody is there, and only a stream has keep-alives. */
const MAX_HELD_MS = 5_000;

/**
 * Keeps back what a stream begins with until there is something that a client would see, so that a provider which fails
 * until then can still be answered for by another: most streams begin with an envelope, which costs nothing to take back.
 */
export class StreamStart implements Deadlined {
  deadlineAtMs: number = NEVER;
  deadlineSlot = -1;
  readonly #deadlines: Pick<Deadlines, "nowMs" | "add" | "delete">;
  readonly #onHeldLong: () => void;
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** @param onHeldLong - what was held has to go out */
  constructor(deadlines: Pick<Deadlines, "nowMs" | "add" | "delete">, onHeldLong: () => void) {
    this.#deadlines = deadlines;
    this.#onHeldLong = onHeldLong;
  }

  /** True when the stream can begin with these bytes; else they are kept. */
  lets(bytes: Buffer, { isVisible, events }: Pick<StreamRelay, "isVisible" | "events">): boolean {
    if (isVisible || events > MAX_ENVELOPE_EVENTS || this.#heldBytes + bytes.length > MAX_ENVELOPE_BYTES)
      return true;
    this.#held.push(Buffer.from(bytes)); // what a relay gives it may use again
    this.#heldBytes += bytes.length;
    if (this.deadlineAtMs === NEVER) {
      this.deadlineAtMs = this.#deadlines.nowMs + MAX_HELD_MS;
      this.#deadlines.add(this);
    }
    return false;
  }

  /** What was kept, and these bytes behind it. */
  release(bytes: Buffer | null): Buffer | null {
    const held = this.#held;
    this.drop();
    if (held.length === 0) return bytes;
    return Buffer.concat(bytes === null ? held : [...held, bytes]);
  }

  drop(): void {
    this.#held = [];
    this.#heldBytes = 0;
    if (this.deadlineAtMs === NEVER) return;
    this.deadlineAtMs = NEVER;
    this.#deadlines.delete(this);
  }

  onDeadline(): void {
    this.deadlineAtMs = NEVER;
    this.#deadlines.delete(this);
    this.#onHeldLong();
  }
}
