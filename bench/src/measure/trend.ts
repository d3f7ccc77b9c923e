/** One reading: a time in seconds and a value. */
export interface Point {
  atS: number;
  value: number;
}

/** A straight line through points, and how sure its slope is. */
export interface Trend {
  /** A second. */
  slope: number;
  /** 95 % interval of the slope; infinite for too few points. */
  low: number;
  high: number;
  /** The line's value at time 0. */
  intercept: number;
}

/** Of the normal distribution, for 95 %. */
const Z_95 = 1.96;

/**
 * The least reading of each window of time. Memory that a collector will free is in most readings of a process; the
 * least one of a window is nearest to what is really held.
 */
export function lowerEnvelope(points: readonly Point[], windowS: number): Point[] {
  const least = new Map<number, Point>();
  for (const point of points) {
    const window = Math.floor(point.atS / windowS);
    const before = least.get(window);
    if (before === undefined || point.value < before.value) least.set(window, point);
  }
  return [...least.values()];
}

/**
 * The Theil-Sen line: the median of the slopes between all pairs of points, which a few outliers cannot turn, with
 * Sen's interval, which assumes nothing of how the values are distributed. NaN for fewer than two points.
 */
export function theilSen(points: readonly Point[]): Trend {
  const slopes: number[] = [];
  points.forEach((from, i) => {
    for (const to of points.slice(i + 1)) {
      if (to.atS !== from.atS) slopes.push((to.value - from.value) / (to.atS - from.atS));
    }
  });
  slopes.sort((a, b) => a - b);
  const n = points.length;
  const spread = Z_95 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const slope = middle(slopes);
  const intercepts = points.map(({ atS, value }) => value - slope * atS).sort((a, b) => a - b);
  return {
    slope,
    low: slopes[Math.floor((slopes.length - spread) / 2)] ?? Number.NEGATIVE_INFINITY,
    high: slopes[Math.ceil((slopes.length + spread) / 2)] ?? Number.POSITIVE_INFINITY,
    intercept: middle(intercepts),
  };
}

function middle(sorted: readonly number[]): number {
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN;
  return (low + high) / 2;
}
