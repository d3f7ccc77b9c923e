/** Clock, timers and chance of what refreshes and rests; tests bring their own. */
export interface Timing {
  /** Milliseconds since 1970: what tokens' ends are told in. */
  nowMs(): number;
  /** At least 0, below 1. */
  random(): number;
  /** Calls back once; the result takes it back. A pending call keeps no process alive. */
  schedule(delayMs: number, callback: () => void): () => void;
}

/** The longest that Node's timers know; a longer one would ring at once. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export const SYSTEM_TIMING: Timing = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, MAX_DELAY_MS)).unref();
    return () => clearTimeout(timer);
  },
};
