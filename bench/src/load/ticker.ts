import { Worker } from "node:worker_threads";
import { entryModule } from "../paths.ts";
import type { TickerPlan } from "./ticker-thread.ts";

/** Finer ticks would only cost CPU: above this rate each tick sends what has become due. */
const MIN_INTERVAL_MS = 0.25;
const START_DELAY_MS = 60;

function hrtimeMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

export interface Ticker {
  /** When the first tick is due, on the `performance.now()` clock. */
  startMs: number;
  stop(): void;
}

export interface TickerOptions {
  rps: number;
  durationMs: number;
  onTick(): void;
}

/** Starts a thread that calls `onTick` on this thread at each arrival (or every 0.25 ms if they come closer). */
export function startTicker(options: TickerOptions): Ticker {
  const intervalMs = Math.max(1000 / options.rps, MIN_INTERVAL_MS);
  const stop = new SharedArrayBuffer(4);
  const startMs = performance.now() + START_DELAY_MS;
  const plan: TickerPlan = {
    startMs: hrtimeMs() + START_DELAY_MS,
    intervalMs,
    ticks: Math.ceil(options.durationMs / intervalMs) + 1,
    stop,
  };
  const worker = new Worker(entryModule(import.meta.url, "./ticker-thread"), { workerData: plan });
  worker.on("message", options.onTick);
  return {
    startMs,
    stop(): void {
      const flag = new Int32Array(stop);
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
  };
}
