import type { MicroPlan, MicroReading } from "./measure.ts";

/** What the process of one job is told, as JSON in its one argument. */
export type MicroJob =
  | { readonly kind: "list"; readonly root: string }
  | {
      readonly kind: "measure";
      readonly root: string;
      readonly file: string;
      readonly id: string;
      readonly plan: MicroPlan;
    };

/** A bench that can be measured. */
export interface ListedBench {
  readonly id: string;
  readonly file: string;
  /** Equal parts of one operation; 1 when it has none. */
  readonly parts: number;
}

export interface BenchList {
  readonly benches: readonly ListedBench[];
  /** Files that could not be loaded, and why. */
  readonly problems: readonly string[];
}

/** What it answers, as a line of JSON. */
export type MicroReply =
  | ({ readonly kind: "list" } & BenchList)
  | { readonly kind: "reading"; readonly reading: MicroReading };
