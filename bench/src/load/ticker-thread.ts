import { parentPort, workerData } from "node:worker_threads";

/** Absolute times are `process.hrtime()` in milliseconds: the one clock that threads of a process share. */
export interface TickerPlan {
  startMs: number;
  intervalMs: number;
  ticks: number;
  /** Int32; anything but 0 ends the thread. */
  stop: SharedArrayBuffer;
}

function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

const plan = workerData as TickerPlan;
const stop = new Int32Array(plan.stop);
// Timers of the event loop are a millisecond coarse; a futex wait with a time limit is exact to some tens of
// microseconds and costs no CPU while it waits.
for (let tick = 0; tick < plan.ticks; tick++) {
  const waitMs = plan.startMs + tick * plan.intervalMs - nowMs();
  if (waitMs > 0) Atomics.wait(stop, 0, 0, waitMs);
  if (Atomics.load(stop, 0) !== 0) break;
  parentPort?.postMessage(0);
}
