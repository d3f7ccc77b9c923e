import type { LatencySummary } from "./histogram.ts";
import type { RequestShape } from "./request-bytes.ts";

interface JobBase {
  target: RequestShape;
  durationMs: number;
  /** After this a request counts as `timeout` and its connection is closed. */
  timeoutMs: number;
  /** The answer is an event stream and must end with `[DONE]`. */
  stream: boolean;
}

/** Constant arrival: request i is due at start + i / rps, whatever became of the ones before. */
export interface OpenLoopJob extends JobBase {
  kind: "open";
  rps: number;
}

/** A fixed number of users, each sending its next request when its last one is answered. */
export interface ClosedLoopJob extends JobBase {
  kind: "closed";
  users: number;
}

export type LoadJob = OpenLoopJob | ClosedLoopJob;

/** What the generator itself cost and how late it was: a result is only as good as these. */
export interface GeneratorHealth {
  cpuMs: number;
  /** CPU of the generator over wall-clock time; 1 is a whole core. */
  busyRatio: number;
  /** Scheduled time to the moment the request was handed to a connection; empty for closed loops. */
  sendLag: LatencySummary;
}

export interface LoadResult {
  sent: number;
  succeeded: number;
  /** Count by kind: `timeout`, `status_503`, `connect_refused`, `reset`, `cut`, `closed`, `no_done`, `malformed`. */
  errors: Record<string, number>;
  /** Rate of completed answers, errors left out. */
  achievedRps: number;
  /** Server-sent events received. */
  events: number;
  /**
   * Open loop: from the scheduled time to the last byte, which is the correction for coordinated omission. Closed loop:
   * from the send. Time-outs are in it with the time waited; other errors are not.
   */
  latency: LatencySummary;
  latencyEncoded: string;
  /** From the same origin to the first byte of the answer. */
  firstByte: LatencySummary;
  firstByteEncoded: string;
  /** From the actual send to the last byte: what an uncorrected tool would report. */
  serviceTime: LatencySummary;
  serviceTimeEncoded: string;
  generator: GeneratorHealth;
  /** Reasons why this result must not be used; empty when it may. */
  invalid: string[];
}

/** Send lag above this at p99 makes a result invalid. */
export const MAX_SEND_LAG_P99_MS = 2;
/** An open loop that sent less than this part of what it should have is invalid. */
export const MIN_SENT_RATIO = 0.99;
