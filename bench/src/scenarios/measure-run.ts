import type { LoadGenerator } from "../load/generator.ts";
import { mergeHistograms, summarise } from "../load/histogram.ts";
import type { LoadJob, LoadResult } from "../load/job.ts";
import { cpuSpentMs, isRunning, readTreeCpu } from "../measure/process-tree.ts";
import { median } from "../measure/statistics.ts";
import { type MemorySummary, TreeSampler } from "../measure/tree-sampler.ts";
import { type Contestant, requestTo } from "../peers/start.ts";
import type { Overhead, RunRecord, SideResult, SlicePair } from "./cell-result.ts";
import type { Cell } from "./cells.ts";

export interface MeasureOptions {
  cell: Cell;
  direct: Contestant;
  gateway: Contestant;
  generator: LoadGenerator;
  timeoutMs: number;
}

/** Time under load of the gateway's tree, for the part of the clock in which it was loaded. */
interface GatewaySlice {
  result: LoadResult;
  cpuMs: number;
  wallMs: number;
}

const SLICE_MS = 2000;
const MAX_SLICES = 4;
const MAX_RETRIES_PER_SLICE = 2;

/** A run is cut into pairs of slices, so that whatever drifts on the machine hits both sides. */
export function sliceCount(durationMs: number): number {
  return Math.min(MAX_SLICES, Math.max(1, Math.floor(durationMs / SLICE_MS)));
}

function jobFor(options: MeasureOptions, contestant: Contestant, durationMs: number): LoadJob {
  const { cell, timeoutMs } = options;
  const base = { target: requestTo(contestant, cell), durationMs, timeoutMs, stream: cell.stream };
  return cell.load.kind === "open" ? { ...base, ...cell.load } : { ...base, ...cell.load };
}

async function gatewaySlice(options: MeasureOptions, durationMs: number): Promise<GatewaySlice> {
  const pid = options.gateway.pid;
  const before = pid === undefined ? new Map<number, number>() : readTreeCpu(pid);
  const startedMs = performance.now();
  const result = await options.generator.run(jobFor(options, options.gateway, durationMs));
  const wallMs = performance.now() - startedMs;
  const after = pid === undefined ? before : readTreeCpu(pid);
  return { result, cpuMs: cpuSpentMs(before, after), wallMs };
}

/** Loads both sides for a moment and throws the figures away. */
export async function warmUp(options: MeasureOptions): Promise<void> {
  const { direct, gateway } = options.cell.warmupMs;
  if (direct > 0) await options.generator.run(jobFor(options, options.direct, direct));
  if (gateway > 0) await options.generator.run(jobFor(options, options.gateway, gateway));
}

/** Adjacent slices of both sides, which `compare` later pairs. */
interface Pair {
  direct: LoadResult;
  gateway: GatewaySlice;
}

async function measurePair(options: MeasureOptions, sliceMs: number, gatewayFirst: boolean): Promise<Pair> {
  const runDirect = (): Promise<LoadResult> =>
    options.generator.run(jobFor(options, options.direct, sliceMs));
  if (gatewayFirst) {
    const gateway = await gatewaySlice(options, sliceMs);
    return { gateway, direct: await runDirect() };
  }
  return { direct: await runDirect(), gateway: await gatewaySlice(options, sliceMs) };
}

function isInvalid({ direct, gateway }: Pair): boolean {
  return direct.invalid.length > 0 || gateway.result.invalid.length > 0;
}

/**
 * One run of one cell: direct and gateway in turns, the order swapped in every other pair. A pair during which the
 * generator itself was late says nothing about the gateway: it is measured again, a bounded number of times, and the
 * record tells how many were thrown away.
 */
export async function measureRun(options: MeasureOptions): Promise<RunRecord> {
  const { cell } = options;
  const slices = sliceCount(cell.durationMs);
  const sliceMs = cell.durationMs / slices;
  const pairs: Pair[] = [];
  // A cold start cannot be repeated on the same process.
  let spare = cell.scenario === "cold" ? 0 : slices * MAX_RETRIES_PER_SLICE;
  let discarded = 0;
  const sampler = new TreeSampler(options.gateway.pid ?? process.pid);
  let memory: MemorySummary;
  try {
    while (pairs.length < slices) {
      const pair = await measurePair(options, sliceMs, pairs.length % 2 === 1);
      if (isInvalid(pair) && spare > 0) {
        spare--;
        discarded++;
      } else pairs.push(pair);
    }
  } finally {
    memory = sampler.stop();
  }
  const run = combine(pairs, memory);
  const { pid } = options.gateway;
  const ended = pid === undefined || isRunning(pid) ? [] : ["the gateway ended while it was measured"];
  return { ...run, discardedPairs: discarded, invalid: [...run.invalid, ...ended] };
}

function combine(pairs: readonly Pair[], memory: MemorySummary): Omit<RunRecord, "discardedPairs"> {
  const direct = pairs.map((pair) => pair.direct);
  const gateway = pairs.map((pair) => pair.gateway);
  const results = gateway.map((slice) => slice.result);
  const gatewaySide = combineSide(results);
  const directSide = combineSide(direct);
  const cpuMs = sum(gateway.map((slice) => slice.cpuMs));
  const all = [...direct, ...results];
  return {
    gateway: gatewaySide,
    direct: directSide,
    overhead: overheadOf(gatewaySide, directSide),
    cpuUsPerRequest: per(cpuMs * 1000, gatewaySide.succeeded),
    cpuUsPerEvent: per(cpuMs * 1000, gatewaySide.events),
    busyRatio: per(cpuMs, sum(gateway.map((slice) => slice.wallMs))),
    memory,
    generator: {
      busyRatio: Math.max(...all.map((result) => result.generator.busyRatio)),
      sendLagP99Ms: Math.max(...all.map((result) => result.generator.sendLag.p99Ms)),
    },
    slices: pairs.map(slicePair),
    invalid: [...new Set(all.flatMap((result) => result.invalid))],
  };
}

function slicePair({ gateway, direct }: Pair): SlicePair {
  const { result } = gateway;
  return {
    overheadP50Ms: result.latency.p50Ms - direct.latency.p50Ms,
    overheadP99Ms: result.latency.p99Ms - direct.latency.p99Ms,
    rps: result.achievedRps,
    directRps: direct.achievedRps,
    cpuUsPerRequest: per(gateway.cpuMs * 1000, result.succeeded),
  };
}

function combineSide(results: readonly LoadResult[]): SideResult {
  const errors: Record<string, number> = {};
  for (const result of results) {
    for (const [kind, n] of Object.entries(result.errors)) errors[kind] = (errors[kind] ?? 0) + n;
  }
  const succeeded = sum(results.map((result) => result.succeeded));
  const failed = sum(Object.values(errors));
  return {
    achievedRps: median(results.map((result) => result.achievedRps)),
    sent: sum(results.map((result) => result.sent)),
    succeeded,
    successRatio: per(succeeded, succeeded + failed),
    errors,
    latency: summarise(mergeHistograms(results.map((result) => result.latencyEncoded))),
    firstByte: summarise(mergeHistograms(results.map((result) => result.firstByteEncoded))),
    serviceTime: summarise(mergeHistograms(results.map((result) => result.serviceTimeEncoded))),
    events: sum(results.map((result) => result.events)),
  };
}

function overheadOf(gateway: SideResult, direct: SideResult): Overhead {
  return {
    p50Ms: gateway.latency.p50Ms - direct.latency.p50Ms,
    p95Ms: gateway.latency.p95Ms - direct.latency.p95Ms,
    p99Ms: gateway.latency.p99Ms - direct.latency.p99Ms,
    p999Ms: gateway.latency.p999Ms - direct.latency.p999Ms,
    firstByteP50Ms: gateway.firstByte.p50Ms - direct.firstByte.p50Ms,
    firstByteP99Ms: gateway.firstByte.p99Ms - direct.firstByte.p99Ms,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function per(amount: number, count: number): number {
  return count === 0 ? 0 : amount / count;
}
