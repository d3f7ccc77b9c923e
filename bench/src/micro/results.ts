import type { MachineRecord } from "../measure/machine.ts";
import type { MicroPlan, MicroReading } from "./measure.ts";
import type { ListedBench } from "./protocol.ts";
import type { BenchChange } from "./ratio.ts";

/** One bench with the readings of its processes. */
export interface MicroResult extends ListedBench {
  readonly readings: readonly MicroReading[];
}

interface MicroRun {
  readonly format: 1;
  /** ISO time of the start. */
  readonly startedAt: string;
  readonly wallSeconds: number;
  readonly machine: MachineRecord;
  readonly pinning: string;
  readonly rounds: number;
  readonly plan: MicroPlan;
}

/** What `results.json` of `bench micro` holds. */
export interface MicroResults extends MicroRun {
  readonly kind: "micro";
  readonly benches: readonly MicroResult[];
}

/** What `results.json` of `bench micro --against` holds. */
export interface MicroComparison extends MicroRun {
  readonly kind: "micro-against";
  /** The commit that was compared with. */
  readonly base: string;
  readonly changes: readonly BenchChange[];
  /** Benches that the base does not have. */
  readonly added: readonly string[];
  /** Why something could not be compared, or not like with like. */
  readonly notes: readonly string[];
}
