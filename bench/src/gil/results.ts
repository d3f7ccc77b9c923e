import type { MachineRecord } from "../measure/machine.ts";
import { median } from "../measure/statistics.ts";
import type { StepName } from "./call-work.ts";
import type { GilOptions } from "./options.ts";
import type { BodySize } from "./protocol.ts";
import type { MissingRuntime } from "./runtimes.ts";

/** Calls a second of one step on N threads or processes. */
export interface RateRow {
  runtime: string;
  threads: number;
  size: BodySize;
  step: StepName | "pool";
  perSecond: number;
  /** RSS and PSS of the process tree after the step; Python processes share little, threads everything. */
  rssMb: number;
  pssMb: number;
}

/** Latency of small calls on the main thread, alone and beside big calls. */
export interface TailRow {
  runtime: string;
  threads: number;
  load: "none" | "big";
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  maxMs: number;
  bigPerSecond: number;
  rssMb: number;
}

/** A whole gateway with N processes. */
export interface GatewayRow {
  gateway: string;
  workers: number;
  /** 64 connections on a mock that answers at once. */
  rps: number;
  p99Ms: number;
  /** Small requests while two connections send big prompts without a pause. */
  mixedSmallP50Ms: number;
  mixedSmallP99Ms: number;
  mixedBigRps: number;
  successRatio: number;
  rssMb: number;
}

export interface GilResults {
  format: "gil-1";
  startedAt: string;
  wallSeconds: number;
  machine: MachineRecord;
  options: Omit<GilOptions, "python" | "pythonFreeThreaded" | "litellm">;
  runtimes: { name: string; title: string; version: string; gil: boolean }[];
  missing: MissingRuntime[];
  /** Which tokeniser counted on the Node side. */
  nodeTokenizer: string;
  rates: RateRow[];
  tails: TailRow[];
  gateways: GatewayRow[];
}

/** One row for each key: the median of every number over the rows that share it. */
export function medianRows<Row extends object>(rows: readonly Row[], keyOf: (row: Row) => string): Row[] {
  const groups = Map.groupBy(rows, keyOf);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const entries = Object.entries(first).map(([name, value]: [string, unknown]) => {
      if (typeof value !== "number") return [name, value];
      return [
        name,
        median(group.map((row) => Number(Object.entries(row).find(([key]) => key === name)?.[1]))),
      ];
    });
    return [{ ...first, ...Object.fromEntries(entries) }];
  });
}

/** Rate on N threads over the rate on the fewest, of the same runtime, size and step. */
export function speedUp(rows: readonly RateRow[], row: RateRow): number {
  const same = rows.filter(
    (other) => other.runtime === row.runtime && other.size === row.size && other.step === row.step,
  );
  const fewest = same.reduce((least, other) => (other.threads < least.threads ? other : least), row);
  return row.perSecond / fewest.perSecond;
}
