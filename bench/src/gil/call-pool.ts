import { Piscina } from "piscina";
import { entryModule } from "../paths.ts";
import { type BodySize, CALLS_UNDER_WAY_PER_WORKER, type RunnerPlan } from "./protocol.ts";
import { readBody } from "./runner-side.ts";

/** Worker threads behind Piscina that do whole calls, as the gateway's own pool is set up. */
export class CallPool {
  readonly #pool: Piscina;
  readonly #plan: RunnerPlan;
  readonly #bodies: Record<BodySize, Buffer>;

  constructor(plan: RunnerPlan) {
    this.#plan = plan;
    this.#bodies = { small: readBody(plan, "small"), big: readBody(plan, "big") };
    this.#pool = new Piscina({
      filename: entryModule(import.meta.url, "./pool-thread"),
      minThreads: plan.threads,
      maxThreads: plan.threads,
      concurrentTasksPerWorker: 1,
      workerData: plan,
    });
  }

  /** One call, its body copied as a request's would be and handed over by transfer. */
  async call(size: BodySize): Promise<void> {
    const body = new Uint8Array(this.#bodies[size]).buffer;
    await this.#pool.run({ size, body }, { transferList: [body] });
  }

  /** Every worker is up and loaded before a clock starts. */
  async warmUp(size: BodySize): Promise<void> {
    const calls = this.#plan.threads * CALLS_UNDER_WAY_PER_WORKER * 2;
    await Promise.all(Array.from({ length: calls }, () => this.call(size)));
  }

  /** Calls a second with two calls a worker under way. */
  async rate(size: BodySize): Promise<number> {
    await this.warmUp(size);
    let calls = 0;
    const startedMs = performance.now();
    const deadlineMs = startedMs + this.#plan.seconds * 1000;
    let endMs = startedMs;
    const lane = async (): Promise<void> => {
      while (performance.now() < deadlineMs) {
        await this.call(size);
        if (performance.now() < deadlineMs) calls++;
        endMs = deadlineMs;
      }
    };
    await Promise.all(Array.from({ length: this.#plan.threads * CALLS_UNDER_WAY_PER_WORKER }, lane));
    return endMs > startedMs ? (calls * 1000) / (endMs - startedMs) : 0;
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
