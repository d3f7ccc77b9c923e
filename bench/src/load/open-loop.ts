import type { Connection, ExchangeOwner } from "./connection.ts";
import { type ConnectionPool, TIMEOUT_CHECK_MS } from "./connection-pool.ts";
import { recordMs } from "./histogram.ts";
import type { OpenLoopJob } from "./job.ts";
import { Tally } from "./tally.ts";
import { startTicker, type Ticker } from "./ticker.ts";

/**
 * Sends at a constant rate that does not depend on the answers. A request that finds no connection waits in line, and
 * its latency still counts from the time it was due.
 */
export class OpenLoop implements ExchangeOwner {
  readonly #job: OpenLoopJob;
  readonly #pool: ConnectionPool;
  readonly #waiting: number[] = [];
  readonly #total: number;
  #tally: Tally = new Tally(0);
  #ticker: Ticker | undefined;
  #startMs = 0;
  #scheduled = 0;
  #pending = 0;
  #resolve: (tally: Tally) => void = () => {};

  constructor(job: OpenLoopJob, pool: ConnectionPool) {
    this.#job = job;
    this.#pool = pool;
    this.#total = Math.max(1, Math.round((job.rps * job.durationMs) / 1000));
  }

  /** How many requests the schedule holds. */
  get due(): number {
    return this.#total;
  }

  async run(): Promise<Tally> {
    const done = new Promise<Tally>((resolve) => {
      this.#resolve = resolve;
    });
    const ticker = startTicker({
      rps: this.#job.rps,
      durationMs: this.#job.durationMs,
      onTick: () => this.#sendDue(),
    });
    this.#ticker = ticker;
    this.#startMs = ticker.startMs;
    this.#tally = new Tally(ticker.startMs + this.#job.durationMs + this.#job.timeoutMs);
    const timeouts = setInterval(() => this.#expire(), TIMEOUT_CHECK_MS);
    try {
      return await done;
    } finally {
      clearInterval(timeouts);
    }
  }

  exchangeEnded(connection: Connection, error: string | undefined): void {
    this.#tally.ended(connection, error);
    this.#pool.give(connection);
    this.#pending--;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#send(next);
    this.#finishWhenDone();
  }

  #sendDue(): void {
    const nowMs = performance.now();
    while (this.#scheduled < this.#total) {
      const scheduledMs = this.#startMs + (this.#scheduled * 1000) / this.#job.rps;
      if (scheduledMs > nowMs) return;
      this.#scheduled++;
      this.#pending++;
      recordMs(this.#tally.sendLag, performance.now() - scheduledMs);
      this.#send(scheduledMs);
    }
  }

  #send(scheduledMs: number): void {
    const connection = this.#pool.take();
    if (connection === undefined) {
      this.#waiting.push(scheduledMs);
      return;
    }
    this.#tally.sent++;
    connection.send(this, scheduledMs, this.#job.stream);
  }

  #expire(): void {
    const limitMs = performance.now() - this.#job.timeoutMs;
    this.#pool.abortDueBefore(limitMs);
    for (let head = this.#waiting[0]; head !== undefined && head < limitMs; head = this.#waiting[0]) {
      this.#waiting.shift();
      this.#pending--;
      this.#tally.neverSent(head);
    }
    this.#finishWhenDone();
  }

  #finishWhenDone(): void {
    if (this.#scheduled < this.#total || this.#pending > 0) return;
    this.#ticker?.stop();
    this.#resolve(this.#tally);
  }
}
