/** Work with a due time. The heap keeps the object itself, so a running stream allocates nothing per chunk. */
export interface Timed {
  /** On the clock of performance.now(). */
  dueAtMs: number;
  /** Cancelled work stays in the heap until it is due and is then dropped. */
  cancelled: boolean;
  run(nowMs: number): void;
}

/**
 * One Node timer for all waiting answers. Work never runs early, and work that is due together runs together.
 * Construct, `at` or `soon` any number of times, `close` once.
 */
export class TimerHeap {
  readonly #heap: Timed[] = [];
  #soon: Timed[] = [];
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #closed = false;

  /** Runs the work at its due time. */
  at(work: Timed): void {
    if (this.#closed) return;
    this.#siftUp(work);
    if (work.dueAtMs < this.#timerDueMs) this.#arm(work.dueAtMs);
  }

  /** Runs the work in the next turn of the event loop, outside of the socket's own callback. */
  soon(work: Timed): void {
    if (this.#closed) return;
    this.#soon.push(work);
    if (this.#soon.length === 1) setImmediate(this.#runSoon);
  }

  /** Drops all work. */
  close(): void {
    this.#closed = true;
    this.#heap.length = 0;
    this.#soon.length = 0;
    clearTimeout(this.#timer);
  }

  readonly #runSoon = (): void => {
    const batch = this.#soon;
    this.#soon = [];
    const nowMs = performance.now();
    for (const work of batch) if (!work.cancelled && !this.#closed) work.run(nowMs);
  };

  readonly #runDue = (): void => {
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (top.dueAtMs > nowMs && !top.cancelled) break;
      this.#removeTop();
      if (!top.cancelled) top.run(nowMs);
    }
    const next = this.#heap[0];
    if (next !== undefined && next.dueAtMs < this.#timerDueMs) this.#arm(next.dueAtMs);
  };

  #arm(dueAtMs: number): void {
    clearTimeout(this.#timer);
    this.#timerDueMs = dueAtMs;
    this.#timer = setTimeout(this.#runDue, Math.max(0, Math.ceil(dueAtMs - performance.now())));
  }

  #siftUp(work: Timed): void {
    const heap = this.#heap;
    let index = heap.push(work) - 1;
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.dueAtMs <= work.dueAtMs) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = work;
  }

  #removeTop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const rightIsLess = right !== undefined && left !== undefined && right.dueAtMs < left.dueAtMs;
      const child = rightIsLess ? right : left;
      if (child === undefined || child.dueAtMs >= last.dueAtMs) break;
      heap[index] = child;
      index = 2 * index + (rightIsLess ? 2 : 1);
    }
    heap[index] = last;
  }
}
