import type { Connection } from "./connection.ts";
import { createHistogram, encodeHistogram, type LatencyHistogram, recordMs, summarise } from "./histogram.ts";
import type { LoadResult } from "./job.ts";

/** Counts and latencies of one job while it runs. */
export class Tally {
  sent = 0;
  succeeded = 0;
  events = 0;
  firstEndMs = 0;
  lastEndMs = 0;
  /** Successes that ended before `windowEndMs`. */
  succeededInWindow = 0;
  readonly errors: Record<string, number> = {};
  readonly sendLag: LatencyHistogram = createHistogram();
  readonly #latency: LatencyHistogram = createHistogram();
  readonly #firstByte: LatencyHistogram = createHistogram();
  readonly #serviceTime: LatencyHistogram = createHistogram();
  readonly windowEndMs: number;

  constructor(windowEndMs: number) {
    this.windowEndMs = windowEndMs;
  }

  ended(connection: Connection, error: string | undefined): void {
    const endMs = performance.now();
    if (error === "timeout") recordMs(this.#latency, endMs - connection.scheduledMs);
    if (error !== undefined) {
      this.failed(error);
      return;
    }
    this.succeeded++;
    if (endMs <= this.windowEndMs) this.succeededInWindow++;
    if (this.firstEndMs === 0) this.firstEndMs = endMs;
    this.lastEndMs = endMs;
    this.events += connection.sse.events;
    recordMs(this.#latency, endMs - connection.scheduledMs);
    recordMs(this.#serviceTime, endMs - connection.sentMs);
    recordMs(this.#firstByte, connection.firstByteMs - connection.scheduledMs);
  }

  /** A request that was due but never found a connection before the job gave up on it. */
  neverSent(scheduledMs: number): void {
    recordMs(this.#latency, performance.now() - scheduledMs);
    this.failed("timeout");
  }

  failed(kind: string): void {
    this.errors[kind] = (this.errors[kind] ?? 0) + 1;
  }

  result(): Omit<LoadResult, "generator" | "invalid" | "achievedRps"> {
    return {
      sent: this.sent,
      succeeded: this.succeeded,
      errors: this.errors,
      events: this.events,
      latency: summarise(this.#latency),
      latencyEncoded: encodeHistogram(this.#latency),
      firstByte: summarise(this.#firstByte),
      firstByteEncoded: encodeHistogram(this.#firstByte),
      serviceTime: summarise(this.#serviceTime),
      serviceTimeEncoded: encodeHistogram(this.#serviceTime),
    };
  }
}
