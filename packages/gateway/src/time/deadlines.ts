/** Something that must hear when its time is up. */
export interface Deadlined {
  /** In ms of `performance.now()`. The holder moves it freely; Infinity means never. */
  deadlineAtMs: number;
  /** Its place among the deadlines, or -1; only {@link Deadlines} writes it. */
  deadlineSlot: number;
  onDeadline(): void;
}

const TICK_MS = 50;
/** A tick that comes so much too late ends a pause of the process, which had no part in what it did not hear meanwhile. */
export const PAUSE_MS = 200;
/** A tick's part in the average of how late they are. */
const LATE_SHARE = 0.1;

/**
 * All the deadlines of a process under one timer. Moving a deadline is a field write, so that a stream may do it for
 * every chunk; the price is that a deadline is noticed up to one tick late.
 *
 * The time in which the process stands still for {@link PAUSE_MS} or longer does not count.
 *
 * A plain array with places rather than a Set: a Set that is added to and deleted from at this rate leaves a chain of
 * old tables behind, each of which keeps finished requests alive until the next full collection.
 */
export class Deadlines {
  /** The time of the last tick in ms of `performance.now()`: exact enough to count idle time from. */
  nowMs: number = performance.now();
  /** How late the event loop comes to its work, on average of the last half second or so. */
  lateMs = 0;
  readonly #items: Deadlined[] = [];
  readonly #timer: NodeJS.Timeout;
  #late: NodeJS.Immediate | null = null;
  readonly #onBug: (error: unknown) => void;

  /** @param onBug - told of what an item threw at its deadline; that item is not called again */
  constructor(onBug: (error: unknown) => void) {
    this.#onBug = onBug;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  add(item: Deadlined): void {
    if (item.deadlineSlot !== -1) return;
    item.deadlineSlot = this.#items.length;
    this.#items.push(item);
  }

  delete(item: Deadlined): void {
    const slot = item.deadlineSlot;
    if (slot === -1) return;
    item.deadlineSlot = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#items[slot] = last;
    last.deadlineSlot = slot;
  }

  close(): void {
    clearInterval(this.#timer);
    if (this.#late !== null) clearImmediate(this.#late);
  }

  #tick(): void {
    const lastAtMs = this.nowMs;
    this.nowMs = performance.now();
    const lateMs = Math.max(0, this.nowMs - lastAtMs - TICK_MS);
    this.lateMs += (lateMs - this.lateMs) * LATE_SHARE;
    // Timers come before sockets: what has arrived while the process stood still is to be read first, or a pause of its
    // own would pass for the silence of every provider.
    if (lateMs >= PAUSE_MS) this.#moveOn(lateMs);
    if (lateMs > TICK_MS) this.#late ??= setImmediate(() => this.#ring());
    else this.#ring();
  }

  /**
   * A pause is nobody's time. What has arrived meanwhile is not always all: a connection or a stream that has to go to and
   * fro could not go on, and what was read right after the pause was timed by the last tick before it.
   */
  #moveOn(pauseMs: number): void {
    for (const item of this.#items) item.deadlineAtMs += pauseMs;
  }

  #ring(): void {
    this.#late = null;
    // From the end: whoever leaves on its deadline is replaced by one that has been looked at already.
    for (let slot = this.#items.length - 1; slot >= 0; slot--) {
      const item = this.#items[slot];
      if (item !== undefined && item.deadlineAtMs <= this.nowMs) this.#call(item);
    }
  }

  /** One that throws must not take the others' time, nor the process, with it. */
  #call(item: Deadlined): void {
    try {
      item.onDeadline();
    } catch (error) {
      this.delete(item);
      this.#onBug(error);
    }
  }
}
