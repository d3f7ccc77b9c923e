import { quantile } from "../measure/statistics.ts";
import { lowerEnvelope, type Point, theilSen } from "../measure/trend.ts";
import type { Reading } from "./readings.ts";

/** What is looked at for growth; the first one is judged, the others tell where it comes from. */
export const GROWING = ["rssMb", "pssMb", "heapUsedMb", "externalMb", "openFiles", "threads"] as const;
export type Growing = (typeof GROWING)[number];

export const LIMIT_MB_PER_10_MIN = 1;
const SECONDS_PER_10_MIN = 600;

/** About so many windows: fewer say little, more hold too few collections each. */
const WINDOWS = 50;
const SHORTEST_WINDOW_S = 2;

/** How one measure went after the warm-up. */
export interface Growth {
  name: Growing;
  /** Of the Theil-Sen line through the least readings of the windows, in 10 minutes. */
  slope: number;
  /** 95 % interval; null where there are too few windows for one. */
  low: number | null;
  high: number | null;
  /** The line at its two ends. */
  from: number;
  to: number;
  /** Over all readings after the warm-up. */
  median: number;
  max: number;
}

export function windowOf(measuredS: number): number {
  return Math.max(SHORTEST_WINDOW_S, measuredS / WINDOWS);
}

/** The points that a line is laid through. */
export function envelopeOf(readings: readonly Reading[], name: Growing, windowS: number): Point[] {
  const points = readings.map((reading) => ({ atS: reading.atS, value: reading[name] }));
  return lowerEnvelope(
    points.filter(({ value }) => Number.isFinite(value)),
    windowS,
  );
}

/** @param readings - those after the warm-up */
export function growthOf(readings: readonly Reading[], name: Growing): Growth {
  const firstS = readings[0]?.atS ?? 0;
  const lastS = readings.at(-1)?.atS ?? 0;
  const line = theilSen(envelopeOf(readings, name, windowOf(lastS - firstS)));
  const values = readings.map((reading) => reading[name]).filter(Number.isFinite);
  return {
    name,
    slope: line.slope * SECONDS_PER_10_MIN,
    low: Number.isFinite(line.low) ? line.low * SECONDS_PER_10_MIN : null,
    high: Number.isFinite(line.high) ? line.high * SECONDS_PER_10_MIN : null,
    from: line.intercept + line.slope * firstS,
    to: line.intercept + line.slope * lastS,
    median: quantile(values, 0.5),
    max: Math.max(...values),
  };
}

/** Whether memory grows too fast. A slope that could not be had is no flat one. */
export function growsTooFast(growths: readonly Growth[]): boolean {
  const rss = growths.find(({ name }) => name === "rssMb");
  return !(rss !== undefined && rss.slope <= LIMIT_MB_PER_10_MIN);
}
