import type { LatencySummary } from "../load/histogram.ts";
import type { MemorySummary } from "../measure/tree-sampler.ts";
import type { Cell } from "./cells.ts";

/** Added latency: the gateway's percentile minus the direct one of the same run. */
export interface Overhead {
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
  firstByteP50Ms: number;
  firstByteP99Ms: number;
}

/** One contestant in one run of one cell, its slices put together. */
export interface SideResult {
  achievedRps: number;
  sent: number;
  succeeded: number;
  /** 0 to 1. */
  successRatio: number;
  errors: Record<string, number>;
  latency: LatencySummary;
  firstByte: LatencySummary;
  /** Not corrected for coordinated omission. */
  serviceTime: LatencySummary;
  events: number;
}

/** Direct and gateway in adjacent slices: the pairs that `compare` draws its intervals from. */
export interface SlicePair {
  overheadP50Ms: number;
  overheadP99Ms: number;
  rps: number;
  directRps: number;
  cpuUsPerRequest: number;
}

export interface RunRecord {
  gateway: SideResult;
  direct: SideResult;
  overhead: Overhead;
  /** User and system time of the whole process tree while it was under load, by answered request. */
  cpuUsPerRequest: number;
  /** The same by server-sent event; 0 without streams. */
  cpuUsPerEvent: number;
  /** CPU time of the tree over wall-clock time; 1 is one whole core. */
  busyRatio: number;
  memory: MemorySummary;
  generator: { busyRatio: number; sendLagP99Ms: number };
  slices: SlicePair[];
  /** Pairs of slices measured again because the generator was late in them. */
  discardedPairs: number;
  /** Why the run must not be used; empty when it may. */
  invalid: string[];
}

export interface CellResult {
  key: string;
  cell: Cell;
  contestant: string;
  /** Which load tool measured it. */
  tool: string;
  runs: RunRecord[];
  /** Why there is no figure. */
  skipped?: string;
}
