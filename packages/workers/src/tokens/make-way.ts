import { isMainThread } from "node:worker_threads";

/** Shorter is not to be had: the system rounds a sleep up to about this. */
const PAUSE_MS = 0.05;

const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * Sleeps for a moment, so that a thread which shares its core with the one that moves bytes gives it up. The scheduler
 * would let a running thread finish its slice of some milliseconds first, whatever its priority. Does nothing on the
 * main thread, which must not sleep.
 */
export const makeWay: () => void = isMainThread ? () => {} : () => void Atomics.wait(never, 0, 0, PAUSE_MS);
