/** Something that must hear when its time is up. The holder moves `deadlineAtMs` freely; Infinity means never. */
export interface Deadlined {
  deadlineAtMs: number;
  onDeadline(): void;
}

const TICK_MS = 50;

/**
 * All the deadlines of a process under one timer. Moving a deadline is a field write, so that a stream may do it for
 * every chunk; the price is that a deadline is noticed up to one tick late.
 */
export class Deadlines {
  /** The time of the last tick in ms of `performance.now()`: exact enough to count idle time from. */
  nowMs: number = performance.now();
  readonly #items = new Set<Deadlined>();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  add(item: Deadlined): void {
    this.#items.add(item);
  }

  delete(item: Deadlined): void {
    this.#items.delete(item);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    this.nowMs = performance.now();
    for (const item of this.#items) {
      if (item.deadlineAtMs <= this.nowMs) item.onDeadline();
    }
  }
}
