import type { Connection, ExchangeOwner } from "./connection.ts";
import { type ConnectionPool, TIMEOUT_CHECK_MS } from "./connection-pool.ts";
import type { ClosedLoopJob } from "./job.ts";
import { Tally } from "./tally.ts";

/** A user whose request failed at once waits this long: a dead target must not turn the loop into a spin. */
const RETRY_PAUSE_MS = 10;

/** A fixed number of users; each sends again as soon as it is answered. */
export class ClosedLoop implements ExchangeOwner {
  readonly #job: ClosedLoopJob;
  readonly #pool: ConnectionPool;
  #tally: Tally = new Tally(0);
  #endMs = 0;
  #active = 0;
  #resolve: (tally: Tally) => void = () => {};

  constructor(job: ClosedLoopJob, pool: ConnectionPool) {
    this.#job = job;
    this.#pool = pool;
  }

  async run(): Promise<Tally> {
    const done = new Promise<Tally>((resolve) => {
      this.#resolve = resolve;
    });
    this.#endMs = performance.now() + this.#job.durationMs;
    this.#tally = new Tally(this.#endMs);
    const timeouts = setInterval(() => this.#expire(), TIMEOUT_CHECK_MS);
    for (let user = 0; user < this.#job.users; user++) {
      this.#active++;
      this.#sendNext();
    }
    try {
      return await done;
    } finally {
      clearInterval(timeouts);
    }
  }

  exchangeEnded(connection: Connection, error: string | undefined): void {
    this.#tally.ended(connection, error);
    this.#pool.give(connection);
    if (error === undefined) this.#sendNext();
    else setTimeout(() => this.#sendNext(), RETRY_PAUSE_MS);
  }

  #sendNext(): void {
    const nowMs = performance.now();
    const connection = nowMs < this.#endMs ? this.#pool.take() : undefined;
    if (connection === undefined) {
      this.#active--;
      if (this.#active === 0) this.#resolve(this.#tally);
      return;
    }
    this.#tally.sent++;
    connection.send(this, nowMs, this.#job.stream);
  }

  #expire(): void {
    this.#pool.abortDueBefore(performance.now() - this.#job.timeoutMs);
  }
}
