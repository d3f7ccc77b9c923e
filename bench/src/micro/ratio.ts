import { type Interval, median, pairedInterval } from "../measure/statistics.ts";
import type { MicroReading } from "./measure.ts";

export type MicroVerdict = "better" | "worse" | "no change" | "too few rounds";

/** One figure of one bench in two revisions. */
export interface FigureChange {
  readonly before: number;
  readonly after: number;
  /** After by before: the median of the rounds' own ratios. */
  readonly ratio: number;
  /** 95 % interval of {@link ratio}. */
  readonly interval: Interval;
  readonly verdict: MicroVerdict;
}

export interface BenchChange {
  readonly id: string;
  readonly rounds: number;
  readonly time: FigureChange;
  readonly allocated: FigureChange;
  /** The readings behind it: one of each revision a round. */
  readonly readings: readonly RoundReadings[];
}

export interface RoundReadings {
  readonly before: MicroReading;
  readonly after: MicroReading;
}

const MIN_ROUNDS = 4;
/** A change below this is of no interest even when it is certain. */
const RELATIVE_FLOOR = 0.05;
/** An object or two: where next to nothing is allocated, a ratio says nothing. */
const ALLOCATED_FLOOR_BYTES = 64;
/** How much of a ratio that is too large must be certain. */
const CERTAIN_PART = 0.4;

/** Both revisions of a round ran one after the other, so that a machine that drifts does so for both. */
export function changeOf(id: string, readings: readonly RoundReadings[]): BenchChange {
  return {
    id,
    rounds: readings.length,
    // What is allocated is told by itself, so that time need not hold the collector's, which comes when it likes.
    time: figureChange(readings, ({ undisturbedNsPerOp }) => undisturbedNsPerOp, 0),
    // So that what allocates nothing can be compared at all, bytes are counted from an object on.
    allocated: figureChange(readings, ({ bytesPerOp }) => bytesPerOp, ALLOCATED_FLOOR_BYTES),
    readings,
  };
}

function figureChange(
  readings: readonly RoundReadings[],
  figure: (reading: MicroReading) => number,
  base: number,
): FigureChange {
  const logs = readings.map(({ before, after }) =>
    Math.log((figure(after) + base) / (figure(before) + base)),
  );
  const { low, high } = pairedInterval(logs);
  const change = {
    before: median(readings.map(({ before }) => figure(before))),
    after: median(readings.map(({ after }) => figure(after))),
    ratio: Math.exp(median(logs)),
    interval: { low: Math.exp(low), high: Math.exp(high) },
  };
  return { ...change, verdict: verdictOf(change, readings.length) };
}

function verdictOf({ ratio, interval }: Omit<FigureChange, "verdict">, rounds: number): MicroVerdict {
  if (rounds < MIN_ROUNDS) return "too few rounds";
  const isCertain = interval.low > 1 || interval.high < 1;
  if (!isCertain || Math.abs(ratio - 1) <= RELATIVE_FLOOR) return "no change";
  return ratio < 1 ? "better" : "worse";
}

/** Worse by more than `failAbove`, and not by chance: 1.5 wants an interval above 1.2. */
export function isTooMuch({ verdict, ratio, interval }: FigureChange, failAbove: number): boolean {
  return verdict === "worse" && ratio > failAbove && interval.low > 1 + (failAbove - 1) * CERTAIN_PART;
}
