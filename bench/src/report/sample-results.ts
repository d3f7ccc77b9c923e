import { createHistogram, recordMs, summarise } from "../load/histogram.ts";
import type { CellResult, RunRecord, SideResult } from "../scenarios/cell-result.ts";
import { buildCells, cellKey } from "../scenarios/cells.ts";
import { parseBenchOptions } from "../scenarios/options.ts";
import type { BenchResults } from "./results.ts";

/** A made-up result for the tests of the report: `shiftMs` and `cpuUs` are what differs between two of them. */
export interface SampleOptions {
  addedMs: number;
  cpuUs: number;
  slices?: number;
}

function side(latencyMs: number): SideResult {
  const histogram = createHistogram();
  for (let i = 0; i < 100; i++) recordMs(histogram, latencyMs + i / 100);
  const latency = summarise(histogram);
  return {
    achievedRps: 1000,
    sent: 100,
    succeeded: 100,
    successRatio: 1,
    errors: {},
    latency,
    firstByte: latency,
    serviceTime: latency,
    events: 0,
  };
}

function run(options: SampleOptions, seed: number): RunRecord {
  const { addedMs, cpuUs } = options;
  const noise = (i: number): number => (((seed * 31 + i * 17) % 11) - 5) / 500;
  return {
    gateway: side(50 + addedMs),
    direct: side(50),
    overhead: {
      p50Ms: addedMs,
      p95Ms: addedMs,
      p99Ms: addedMs * 2,
      p999Ms: addedMs * 3,
      firstByteP50Ms: addedMs,
      firstByteP99Ms: addedMs,
    },
    cpuUsPerRequest: cpuUs,
    cpuUsPerEvent: 0,
    busyRatio: 0.5,
    memory: { maxRssMb: 80, meanRssMb: 79, maxPssMb: 70, rssMb: [79, 80, 78.5] },
    generator: { busyRatio: 0.2, sendLagP99Ms: 0.1 },
    slices: Array.from({ length: options.slices ?? 4 }, (_none, i) => ({
      overheadP50Ms: addedMs + noise(i),
      overheadP99Ms: addedMs * 2 + noise(i + 3),
      rps: 1000,
      directRps: 1000,
      cpuUsPerRequest: cpuUs + noise(i + 5) * 10,
    })),
    discardedPairs: 0,
    invalid: [],
  };
}

export function sampleResults(options: SampleOptions): BenchResults {
  const { peerPaths: _paths, ...bench } = parseBenchOptions([], []);
  const cells = buildCells(parseBenchOptions([], [])).map(
    (cell): CellResult => ({
      key: cellKey(cell),
      cell,
      contestant: "headrace",
      tool: "embedded",
      runs: [run(options, 1), run(options, 2)],
    }),
  );
  return {
    format: 1,
    startedAt: "2026-01-02T03:04:05.000Z",
    wallSeconds: 60,
    machine: {
      cpuModel: "Test CPU",
      cores: 4,
      kernel: "linux 6.1",
      memoryMb: 8000,
      node: "v24.0.0",
      commit: "0123456789abcdef",
      dirty: false,
      commandLine: "pnpm bench",
    },
    options: bench,
    pinning: "gateway on core 0",
    contestants: [
      {
        name: "headrace",
        title: "Headrace",
        kind: "gateway",
        version: "0.1.0",
        note: "",
        startMs: 400,
        idleRssMb: 60,
      },
    ],
    missing: [{ name: "kong", title: "Kong", reason: "missing: no kong on PATH" }],
    cells,
  };
}
