import { parentPort, workerData } from "node:worker_threads";
import { type CallWork, STEPS, type StepName, type WorkFacts } from "./call-work.ts";
import { BODY_SIZES, type BodySize, type RunnerPlan } from "./protocol.ts";
import { loadWork } from "./runner-side.ts";

/** The thread waits for `order` to rise, then runs the step that the order number stands for. */
export interface LoopThreadData {
  plan: RunnerPlan;
  /** Int32: [order, threads that are ready for it]. */
  shared: SharedArrayBuffer;
}

/** First message of the thread. */
export type LoopThreadReady = Record<BodySize, WorkFacts | undefined>;

export interface LoopThreadReply {
  perSecond: number;
}

const BATCH_MS = 2;
const WARM_UP_PART = 0.1;

/** Warms the step up and gives the iterations between two looks at the clock, so many that it costs nothing. */
function batchSize(step: () => unknown, warmUpMs: number): number {
  const startedMs = performance.now();
  let calls = 0;
  for (; performance.now() - startedMs < warmUpMs; calls++) step();
  const onceMs = (performance.now() - startedMs) / calls;
  return Math.max(1, Math.min(1000, Math.floor(BATCH_MS / Math.max(onceMs, 1e-4))));
}

function loop(step: () => unknown, seconds: number, ready: () => void): number {
  const batch = batchSize(step, seconds * 1000 * WARM_UP_PART);
  ready();
  let calls = 0;
  const startedMs = performance.now();
  const deadlineMs = startedMs + seconds * 1000;
  while (performance.now() < deadlineMs) {
    for (let i = 0; i < batch; i++) step();
    calls += batch;
  }
  return (calls * 1000) / (performance.now() - startedMs);
}

/** Every thread begins at once: the last one to get ready wakes the others. */
function barrier(flags: Int32Array<SharedArrayBuffer>, order: number, threads: number): void {
  const wanted = order * threads;
  if (Atomics.add(flags, 1, 1) + 1 >= wanted) Atomics.notify(flags, 1);
  for (let seen = Atomics.load(flags, 1); seen < wanted; seen = Atomics.load(flags, 1)) {
    Atomics.wait(flags, 1, seen);
  }
}

const { plan, shared } = workerData as LoopThreadData;
const flags = new Int32Array(shared);
const works = new Map<BodySize, CallWork>();
for (const size of BODY_SIZES) works.set(size, await loadWork(plan, size));
const facts: LoopThreadReady = {
  small: works.get("small")?.facts(),
  big: works.get("big")?.facts(),
};
parentPort?.postMessage(facts);

let order = 0;
for (const size of BODY_SIZES) {
  for (const name of STEPS satisfies readonly StepName[]) {
    Atomics.wait(flags, 0, order);
    order++;
    const step = works.get(size)?.steps[name] ?? ((): void => {});
    const perSecond = loop(step, plan.seconds, () => barrier(flags, order, plan.threads));
    parentPort?.postMessage({ perSecond } satisfies LoopThreadReply);
  }
}
