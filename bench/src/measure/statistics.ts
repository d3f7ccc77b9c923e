/** The value below which this part (0 to 1) of the values lies, interpolated between neighbours. NaN for no values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * part;
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export interface Interval {
  low: number;
  high: number;
}

export interface BootstrapOptions {
  /** Default 10,000. */
  resamples?: number;
  /** Default 0.95. */
  confidence?: number;
  /** The same seed gives the same interval; default 1. */
  seed?: number;
}

/** Numbers from 0 to 1 (mulberry32): small, seeded and good enough to draw resamples with. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function resample(values: readonly number[], random: () => number): number[] {
  return values.map(() => values[Math.floor(random() * values.length)] ?? Number.NaN);
}

function intervalOf(draws: readonly number[], confidence: number): Interval {
  return { low: quantile(draws, (1 - confidence) / 2), high: quantile(draws, (1 + confidence) / 2) };
}

/** Percentile bootstrap of the median of paired differences (after minus before). */
export function pairedInterval(differences: readonly number[], options: BootstrapOptions = {}): Interval {
  const random = seededRandom(options.seed ?? 1);
  const draws = Array.from({ length: options.resamples ?? 10_000 }, () =>
    median(resample(differences, random)),
  );
  return intervalOf(draws, options.confidence ?? 0.95);
}

/** Percentile bootstrap of the difference of medians of two samples that are not paired. */
export function unpairedInterval(
  before: readonly number[],
  after: readonly number[],
  options: BootstrapOptions = {},
): Interval {
  const random = seededRandom(options.seed ?? 1);
  const draws = Array.from(
    { length: options.resamples ?? 10_000 },
    () => median(resample(after, random)) - median(resample(before, random)),
  );
  return intervalOf(draws, options.confidence ?? 0.95);
}
