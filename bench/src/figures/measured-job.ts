import type { LoadGenerator } from "../load/generator.ts";
import type { LoadJob, LoadResult } from "../load/job.ts";
import { cpuSpentMs, readTreeCpu } from "../measure/process-tree.ts";
import { otherCores, readMachineLoad } from "./machine-load.ts";

/** One slice of load and what the server under it spent meanwhile. */
export interface MeasuredJob {
  result: LoadResult;
  /** utime + stime of the server's tree by answered request, in µs. */
  cpuUs: number;
  /** CPU of the tree over wall-clock time; 1 is a whole core. */
  busyRatio: number;
  /** Cores used by programs that are not part of the bench. */
  otherCores: number;
}

export interface MeasuredJobOptions {
  generator: LoadGenerator;
  job: LoadJob;
  /** Root of the server's process tree. */
  pid: number;
}

export async function measureJob({ generator, job, pid }: MeasuredJobOptions): Promise<MeasuredJob> {
  const loadBefore = readMachineLoad();
  const before = readTreeCpu(pid);
  const startedMs = performance.now();
  const result = await generator.run(job);
  const wallMs = performance.now() - startedMs;
  const cpuMs = cpuSpentMs(before, readTreeCpu(pid));
  return {
    result,
    cpuUs: (cpuMs * 1000) / result.succeeded,
    busyRatio: cpuMs / wallMs,
    otherCores: otherCores(loadBefore, readMachineLoad()),
  };
}

/** Measures again, at most so many times, while the generator itself was late: that says nothing about the server. */
export async function untilValid<T>(
  measure: () => Promise<T>,
  { maxRetries, resultOf }: { maxRetries: number; resultOf: (measured: T) => LoadResult },
): Promise<T> {
  let measured = await measure();
  for (let retry = 0; retry < maxRetries && resultOf(measured).invalid.length > 0; retry++) {
    measured = await measure();
  }
  return measured;
}

/** Why a slice must not be used: a late generator, or answers that were not the ones asked for. */
export function problemsOf(what: string, { invalid, errors, succeeded }: LoadResult): string[] {
  const failed = Object.entries(errors).map(([kind, count]) => `${kind} ${count}`);
  return [
    ...invalid.map((reason) => `${what}: ${reason}`),
    ...(failed.length === 0 ? [] : [`${what}: failed requests: ${failed.join(", ")}`]),
    ...(succeeded === 0 ? [`${what}: no request was answered`] : []),
  ];
}
