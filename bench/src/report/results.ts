import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MachineRecord } from "../measure/machine.ts";
import { median } from "../measure/statistics.ts";
import type { CellResult, RunRecord } from "../scenarios/cell-result.ts";
import type { BenchOptions } from "../scenarios/options.ts";
import type { SessionResult } from "../scenarios/session.ts";

/** What `results.json` holds. */
export interface BenchResults extends SessionResult {
  format: 1;
  /** ISO time of the start. */
  startedAt: string;
  wallSeconds: number;
  machine: MachineRecord;
  options: Omit<BenchOptions, "peerPaths">;
}

/** The figures of one cell for tables and plots: medians over its runs. */
export interface CellFigures {
  rps: number;
  directRps: number;
  /** 0 to 1. */
  successRatio: number;
  addedP50Ms: number;
  addedP95Ms: number;
  addedP99Ms: number;
  addedP999Ms: number;
  addedFirstByteP50Ms: number;
  addedFirstByteP99Ms: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
  p999Ms: number;
  directP99Ms: number;
  cpuUsPerRequest: number;
  cpuUsPerEvent: number;
  busyRatio: number;
  maxRssMb: number;
  maxPssMb: number;
  errors: Record<string, number>;
  /** Smallest and largest added p99 over the runs. */
  addedP99Range: [number, number];
  generatorBusyRatio: number;
  invalid: string[];
  discardedPairs: number;
}

export function figuresOf(cell: CellResult): CellFigures | undefined {
  const { runs } = cell;
  if (runs.length === 0) return undefined;
  const over = (pick: (run: RunRecord) => number): number => median(runs.map(pick));
  const addedP99s = runs.map((run) => run.overhead.p99Ms);
  return {
    rps: over((run) => run.gateway.achievedRps),
    directRps: over((run) => run.direct.achievedRps),
    successRatio: over((run) => run.gateway.successRatio),
    addedP50Ms: over((run) => run.overhead.p50Ms),
    addedP95Ms: over((run) => run.overhead.p95Ms),
    addedP99Ms: over((run) => run.overhead.p99Ms),
    addedP999Ms: over((run) => run.overhead.p999Ms),
    addedFirstByteP50Ms: over((run) => run.overhead.firstByteP50Ms),
    addedFirstByteP99Ms: over((run) => run.overhead.firstByteP99Ms),
    p50Ms: over((run) => run.gateway.latency.p50Ms),
    p95Ms: over((run) => run.gateway.latency.p95Ms),
    p99Ms: over((run) => run.gateway.latency.p99Ms),
    p999Ms: over((run) => run.gateway.latency.p999Ms),
    directP99Ms: over((run) => run.direct.latency.p99Ms),
    cpuUsPerRequest: over((run) => run.cpuUsPerRequest),
    cpuUsPerEvent: over((run) => run.cpuUsPerEvent),
    busyRatio: over((run) => run.busyRatio),
    maxRssMb: Math.max(...runs.map((run) => run.memory.maxRssMb)),
    maxPssMb: Math.max(...runs.map((run) => run.memory.maxPssMb)),
    errors: mergeCounts(runs.map((run) => run.gateway.errors)),
    addedP99Range: [Math.min(...addedP99s), Math.max(...addedP99s)],
    generatorBusyRatio: Math.max(...runs.map((run) => run.generator.busyRatio)),
    discardedPairs: runs.reduce((sum, run) => sum + run.discardedPairs, 0),
    invalid: [...new Set(runs.flatMap((run) => run.invalid))],
  };
}

function mergeCounts(parts: readonly Record<string, number>[]): Record<string, number> {
  const merged: Record<string, number> = {};
  for (const part of parts) {
    for (const [kind, count] of Object.entries(part)) merged[kind] = (merged[kind] ?? 0) + count;
  }
  return merged;
}

function isResults(value: unknown): value is BenchResults {
  return (
    typeof value === "object" && value !== null && "format" in value && value.format === 1 && "cells" in value
  );
}

/** Reads `results.json` of a result folder, or the file itself. */
export function readResults(path: string): BenchResults {
  const file = path.endsWith(".json") ? path : join(path, "results.json");
  const value: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!isResults(value)) throw new Error(`${file} is not a result of this bench`);
  return value;
}
