/** Buckets for each doubling: a quantile is off by at most 9 %. */
const BUCKETS_PER_DOUBLING = 8;
/** From 1 ms to 131 s; what is outside counts as the nearest. */
const DOUBLINGS = 17;
const BUCKETS = BUCKETS_PER_DOUBLING * DOUBLINGS;
/** With fewer samples a quantile would be a guess. */
const MIN_SAMPLES = 20;
/** When so many are held, all weigh half: what is older than a few hundred calls is soon forgotten. */
const MOST_SAMPLES = 256;
/** The same after this time, for targets that are seldom asked. */
const HALF_LIFE_MS = 300_000;

/** The distribution of recent durations, with little memory and no allocation for a sample. */
export class LatencyHistogram {
  readonly #weights = new Float64Array(BUCKETS);
  #sum = 0;
  #halvedAtMs = 0;

  record(nowMs: number, tookMs: number): void {
    if (nowMs - this.#halvedAtMs >= HALF_LIFE_MS) {
      this.#fade(0.5 ** Math.floor((nowMs - this.#halvedAtMs) / HALF_LIFE_MS));
      this.#halvedAtMs = nowMs;
    } else if (this.#sum >= MOST_SAMPLES) this.#fade(0.5);
    const bucket = bucketOf(tookMs);
    this.#weights[bucket] = (this.#weights[bucket] ?? 0) + 1;
    this.#sum += 1;
  }

  /**
   * @param share - 0.95 for the duration that 95 % of the samples stay below
   * @returns ms, or null before 20 samples
   */
  quantileMs(share: number): number | null {
    if (this.#sum < MIN_SAMPLES) return null;
    let left = share * this.#sum;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const weight = this.#weights[bucket] ?? 0;
      if (left <= weight) return 2 ** ((bucket + left / weight) / BUCKETS_PER_DOUBLING);
      left -= weight;
    }
    return 2 ** DOUBLINGS;
  }

  clear(): void {
    this.#weights.fill(0);
    this.#sum = 0;
  }

  #fade(factor: number): void {
    let sum = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const weight = (this.#weights[bucket] ?? 0) * factor;
      this.#weights[bucket] = weight;
      sum += weight;
    }
    this.#sum = sum;
  }
}

function bucketOf(tookMs: number): number {
  if (!(tookMs > 1)) return 0;
  return Math.min(BUCKETS - 1, Math.floor(Math.log2(tookMs) * BUCKETS_PER_DOUBLING));
}
