import { getHeapStatistics } from "node:v8";
import type { PreparedBench } from "@headrace/core/testing/micro-bench";
import { measure } from "mitata";
import { median } from "../measure/statistics.ts";

/** How long one bench is measured in one process, in CPU time. */
export interface MicroPlan {
  warmupMs: number;
  measureMs: number;
}

/** What one process has measured of one bench. */
export interface MicroReading {
  /** CPU time of the whole process for one operation: the work of the garbage collector and of threads is in it. */
  nsPerOp: number;
  /** The same in the lower quartile of its samples: without collections, and without what others do to the core's caches. */
  undisturbedNsPerOp: number;
  /** What one operation allocates on V8's heap; bytes of buffers that live outside of it are not in it. */
  bytesPerOp: number;
}

const NS_PER_US = 1_000;
const NS_PER_MS = 1_000_000;
/** The clock counts microseconds, so that an operation has to be done often enough between two of its readings. */
const SAMPLE_NS = 2 * NS_PER_MS;
/** mitata repeats the call so often in its loop. */
const UNROLLED = 4;
const MOST_OPS_PER_SAMPLE = 65_536;
/** What may be allocated between two readings of the heap: far below a young generation, which is swept beforehand. */
const ALLOCATION_BYTES = 1024 * 1024;
const MOST_COUNTED_OPS = 4_096;
const ALLOCATION_NS = 5 * NS_PER_MS;
const ALLOCATION_READINGS = 15;

/** Where results go, so that the compiler cannot leave out what nobody reads. */
const sink: { value: unknown } = { value: null };

/**
 * Unlike wall time this does not grow when somebody else has the core, and unlike the main thread's own it is exact on
 * kernels that bring a thread's account up to date at their ticks only.
 */
function cpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * NS_PER_US;
}

/** @param prepared - must have been verified; run with `--expose-gc` */
export async function measureBench(prepared: PreparedBench, plan: MicroPlan): Promise<MicroReading> {
  const first = prepared.run();
  const isAsync = first instanceof Promise;
  await first;
  const run = isAsync
    ? () => prepared.run()
    : () => {
        sink.value = prepared.run();
      };
  const roughNs = await warmUp(run, plan.warmupMs * NS_PER_MS);
  const { avg, p25 } = await measure(run, {
    now: cpuNs,
    min_cpu_time: plan.measureMs * NS_PER_MS,
    batch_samples: opsPerSample(roughNs),
    batch_unroll: UNROLLED,
    batch_threshold: Number.POSITIVE_INFINITY,
    warmup_threshold: Number.POSITIVE_INFINITY,
  });
  return { nsPerOp: avg, undisturbedNsPerOp: p25, bytesPerOp: await allocatedBytes(run, roughNs) };
}

/** @returns what an operation takes about, at the end of it */
async function warmUp(run: () => unknown, forNs: number): Promise<number> {
  const startNs = cpuNs();
  let roughNs = 0;
  for (let ops = 1; cpuNs() - startNs < forNs; ops = Math.min(ops * 2, MOST_COUNTED_OPS)) {
    const beforeNs = cpuNs();
    await repeat(run, ops);
    roughNs = (cpuNs() - beforeNs) / ops;
  }
  return roughNs;
}

/** Waits where there is something to wait for: an await each time would cost more than many an operation. */
async function repeat(run: () => unknown, ops: number): Promise<void> {
  for (let done = 0; done < ops; done += 1) {
    const result = run();
    if (result instanceof Promise) await result;
  }
}

function opsPerSample(roughNs: number): number {
  const ops = Math.ceil(SAMPLE_NS / Math.max(1, roughNs) / UNROLLED) * UNROLLED;
  return Math.min(MOST_OPS_PER_SAMPLE, ops);
}

/**
 * mitata's own reading of the heap counts too little as soon as the collector runs in one of its samples, as it does in
 * nearly all of them. Here it is made to run before each reading, and the readings are short.
 */
async function allocatedBytes(run: () => unknown, roughNs: number): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("allocations are counted under --expose-gc only");
  const reading = async (ops: number): Promise<number> => {
    gc({ type: "minor", execution: "sync" });
    const before = getHeapStatistics().used_heap_size;
    await repeat(run, ops);
    return getHeapStatistics().used_heap_size - before;
  };
  const ownBytes = median(await readings(() => reading(0)));
  const roughBytes = Math.max(1, median(await readings(() => reading(UNROLLED))) - ownBytes) / UNROLLED;
  const fitting = Math.floor(Math.min(ALLOCATION_BYTES / roughBytes, ALLOCATION_NS / roughNs));
  const ops = Math.max(1, Math.min(MOST_COUNTED_OPS, fitting));
  return Math.max(0, median(await readings(() => reading(ops))) - ownBytes) / ops;
}

async function readings(read: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let count = 0; count < ALLOCATION_READINGS; count += 1) values.push(await read());
  return values;
}
