const BUCKETS = 10;

/** Calls and failures of the last `windowMs`, forgotten a tenth of the window at a time. */
export class SlidingCounts {
  readonly #bucketMs: number;
  readonly #calls = new Float64Array(BUCKETS);
  readonly #failures = new Float64Array(BUCKETS);
  /** The number of the newest bucket, counted from the clock's zero. */
  #newest = 0;
  #callsSum = 0;
  #failuresSum = 0;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
  }

  add(nowMs: number, failed: boolean): void {
    this.#forgetUntil(nowMs);
    const bucket = this.#newest % BUCKETS;
    this.#calls[bucket] = (this.#calls[bucket] ?? 0) + 1;
    this.#callsSum += 1;
    if (!failed) return;
    this.#failures[bucket] = (this.#failures[bucket] ?? 0) + 1;
    this.#failuresSum += 1;
  }

  calls(nowMs: number): number {
    this.#forgetUntil(nowMs);
    return this.#callsSum;
  }

  failures(nowMs: number): number {
    this.#forgetUntil(nowMs);
    return this.#failuresSum;
  }

  clear(): void {
    this.#calls.fill(0);
    this.#failures.fill(0);
    this.#callsSum = 0;
    this.#failuresSum = 0;
  }

  #forgetUntil(nowMs: number): void {
    const newest = Math.floor(nowMs / this.#bucketMs);
    if (newest <= this.#newest) return;
    if (newest - this.#newest >= BUCKETS) this.clear();
    else {
      for (let passed = this.#newest + 1; passed <= newest; passed += 1) this.#empty(passed % BUCKETS);
    }
    this.#newest = newest;
  }

  #empty(bucket: number): void {
    this.#callsSum -= this.#calls[bucket] ?? 0;
    this.#failuresSum -= this.#failures[bucket] ?? 0;
    this.#calls[bucket] = 0;
    this.#failures[bucket] = 0;
  }
}
