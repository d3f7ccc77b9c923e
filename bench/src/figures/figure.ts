import { median } from "../measure/statistics.ts";
import type { SectionName } from "./options.ts";

/** `invalid`: something went wrong while measuring, so that the number says nothing. */
export type Verdict = "yes" | "no" | "invalid";

/** The same thing measured on another server in the same runs. */
export interface Beside {
  name: string;
  runs: number[];
  median: number;
  /** Ours by theirs, the median over the runs. */
  ratio: number;
}

/** One figure with its spread. Every limit is an upper one. */
export interface Figure {
  key: string;
  title: string;
  unit: "µs" | "ms" | "MB" | "×" | "req/s" | "%";
  limit?: number;
  /** One value a run. */
  runs: number[];
  median: number;
  min: number;
  max: number;
  /** Whether the median keeps to the limit; absent without a limit. */
  met?: Verdict;
  beside?: Beside;
  /** What a reader should know of this number. */
  note?: string;
}

/** What one part of the measurement gives. */
export interface SectionResult {
  name: SectionName;
  /** How it was measured, in sentences. */
  method: string;
  figures: Figure[];
  /** Why the figures must not be used; empty when they may. */
  problems: string[];
  /** Cores that other programs used while each slice was measured. */
  otherCores: number[];
  /** The readings behind the figures, a record a run. */
  readings: unknown[];
}

export interface FigureInput {
  key: string;
  title: string;
  unit: Figure["unit"];
  limit?: number;
  runs: readonly number[];
  /** The other server's values of the same runs, in the same order. */
  beside?: { name: string; runs: readonly number[] };
  note?: string;
  /** Of the section: any of them makes a verdict `invalid`. */
  problems: readonly string[];
}

export function figureOf(input: FigureInput): Figure {
  const { key, title, unit, limit, note } = input;
  const runs = [...input.runs];
  const middle = median(runs);
  return {
    key,
    title,
    unit,
    ...(limit === undefined ? {} : { limit }),
    runs,
    median: middle,
    min: Math.min(...runs),
    max: Math.max(...runs),
    ...(limit === undefined ? {} : { met: verdict(middle, limit, input.problems) }),
    ...(input.beside === undefined ? {} : { beside: besideOf(runs, input.beside) }),
    ...(note === undefined ? {} : { note }),
  };
}

function verdict(value: number, limit: number, problems: readonly string[]): Verdict {
  if (problems.length > 0 || !Number.isFinite(value)) return "invalid";
  return value <= limit ? "yes" : "no";
}

function besideOf(runs: readonly number[], other: { name: string; runs: readonly number[] }): Beside {
  const ratio = median(ratiosOf(runs, other.runs));
  return { name: other.name, runs: [...other.runs], median: median(other.runs), ratio };
}

/** Each run by the same run of another; NaN where that has none. */
export function ratiosOf(runs: readonly number[], others: readonly number[]): number[] {
  return runs.map((value, run) => value / (others[run] ?? Number.NaN));
}
