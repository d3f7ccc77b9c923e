import hdr from "hdr-histogram-js";

/** Latencies in microseconds, log-linear with three significant digits: at most 0.1 % off from 1 µs to 10 minutes. */
export type LatencyHistogram = hdr.Histogram;

const HIGHEST_US = 600_000_000;

/** Percentiles of one histogram, in milliseconds. All are 0 when nothing was recorded. */
export interface LatencySummary {
  count: number;
  meanMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
  maxMs: number;
}

export function createHistogram(): LatencyHistogram {
  return hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });
}

/** Records one latency. A value beyond the range counts as the end of the range: it must not be lost. */
export function recordMs(histogram: LatencyHistogram, latencyMs: number): void {
  const latencyUs = Math.round(latencyMs * 1000);
  histogram.recordValue(Math.max(1, Math.min(latencyUs, HIGHEST_US)));
}

export function summarise(histogram: LatencyHistogram): LatencySummary {
  const at = (percentile: number): number =>
    histogram.totalCount === 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1000;
  return {
    count: histogram.totalCount,
    meanMs: histogram.totalCount === 0 ? 0 : histogram.mean / 1000,
    p50Ms: at(50),
    p95Ms: at(95),
    p99Ms: at(99),
    p999Ms: at(99.9),
    maxMs: at(100),
  };
}

/** The V2 compressed base64 form that every HdrHistogram implementation reads. */
export function encodeHistogram(histogram: LatencyHistogram): string {
  return hdr.encodeIntoCompressedBase64(histogram);
}

function decodeHistogram(encoded: string): LatencyHistogram {
  return hdr.decodeFromCompressedBase64(encoded);
}

/** One histogram out of several, for the slices of one run. */
export function mergeHistograms(encoded: readonly string[]): LatencyHistogram {
  const merged = createHistogram();
  for (const part of encoded) merged.add(decodeHistogram(part));
  return merged;
}
