import { createRequire } from "node:module";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { ResourceLimits } from "node:worker_threads";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { Piscina } from "piscina";
import { decodeResponse, encodeRequest, type Payload, type WireMessage } from "./protocol.ts";
import type { Tasks, TaskTable } from "./tasks/registry.ts";

/** How a pool is shaped. */
export interface CpuPoolOptions {
  /** At most so many threads; each starts with the first task that needs it. */
  readonly threads: number;
  /** Tasks that may wait for a thread; one more is refused as `overloaded`. */
  readonly maxQueue: number;
  /** How long a task may wait, and then how long it may run, in milliseconds. */
  readonly taskTimeoutMs: number;
  /** A thread without work ends after this many milliseconds and gives its memory back. */
  readonly idleTimeoutMs: number;
  /** Heap limits of each thread. One that exceeds them dies alone, with `worker_failed` for its caller. */
  readonly resourceLimits?: ResourceLimits;
}

/** Counters since the pool was made, and its present state. */
export interface CpuPoolStats {
  readonly threads: number;
  readonly running: number;
  readonly waiting: number;
  readonly completed: number;
  /** Tasks that ended in an error other than a time-out, the task's own refusals included. */
  readonly failed: number;
  readonly timedOut: number;
  /** Tasks that were refused because the queue was full. */
  readonly refused: number;
}

export interface RunOptions {
  /**
   * The caller's interest: on abort `run` rejects at once with `client_closed`. A task that has not begun is dropped;
   * one that runs is left to finish, because ending it would cost a thread and what the thread has loaded.
   */
  readonly signal?: AbortSignal;
}

type Input<Table extends TaskTable, Name extends keyof Table> = Parameters<Table[Name]>[0];
type Output<Table extends TaskTable, Name extends keyof Table> = ReturnType<Table[Name]>;

/** Threads for CPU-bound work behind a bounded queue. Use: create, `run`, `close`. */
export interface CpuPool<Table extends TaskTable = Tasks> {
  /**
   * Runs a task of the table on a thread. Byte arrays at the top level of `input` are transferred: they are dead
   * for the caller afterwards, unless they were views of a larger buffer, and come back only in the output.
   *
   * @throws GatewayError what the task throws, or `overloaded` (queue full, or no thread became free in time),
   * `worker_timeout`, `worker_failed`, `client_closed`, `draining` (the pool is closed).
   */
  run<Name extends keyof Table & string>(
    task: Name,
    input: Input<Table, Name>,
    options?: RunOptions,
  ): Promise<Output<Table, Name>>;
  /** Tasks that wait for a thread. */
  readonly queueSize: number;
  stats(): CpuPoolStats;
  /** Takes no more tasks, waits for those it has, ends the threads. */
  close(): Promise<void>;
}

/** A pool of the gateway's tasks. Costs nothing until the first task. */
export function createCpuPool(options: CpuPoolOptions): CpuPool {
  return new PiscinaCpuPool<Tasks>(options, siblingUrl("worker-entry"));
}

/** A pool whose threads run another file, which exports `handle`; for tests of what threads may do to a pool. */
export function createCpuPoolOf<Table extends TaskTable>(
  options: CpuPoolOptions,
  workerUrl: URL,
): CpuPool<Table> {
  return new PiscinaCpuPool<Table>(options, workerUrl);
}

/** From source the worker is source as well (`.ts`), from a build it is built (`.js`). */
function siblingUrl(name: string): URL {
  return new URL(`./${name}${extname(import.meta.url)}`, import.meta.url);
}

/** A call of `run`. It waits, then runs, then is settled. */
interface Job {
  readonly task: string;
  readonly input: Payload;
  readonly resolve: (output: Payload) => void;
  readonly reject: (error: GatewayError) => void;
  /** Stops listening to the caller's signal. */
  readonly release: () => void;
  /** Guards the phase that the job is in. */
  timer: NodeJS.Timeout | undefined;
  /** Aborted with the GatewayError to report; ends the thread that runs the job. */
  readonly kill: AbortController;
}

/** Weight of the newest task in the running mean of run times. */
const MEAN_WEIGHT = 0.1;
const MIN_RETRY_AFTER_MS = 1000;
const MAX_RETRY_AFTER_MS = 30_000;

/**
 * Piscina runs the threads; the queue in front of it is kept here, so that a pool always knows which jobs run: only
 * those may cost a thread when they are ended.
 */
class PiscinaCpuPool<Table extends TaskTable> implements CpuPool<Table> {
  readonly #options: CpuPoolOptions;
  readonly #workerUrl: URL;
  #piscina: Piscina<WireMessage, WireMessage> | undefined;
  readonly #waiting = new Set<Job>();
  readonly #running = new Set<Job>();
  readonly #idleListeners: (() => void)[] = [];
  readonly #counters = { completed: 0, failed: 0, timedOut: 0, refused: 0 };
  #meanRunMs = 1;
  #closed = false;

  constructor(options: CpuPoolOptions, workerUrl: URL) {
    this.#options = options;
    this.#workerUrl = workerUrl;
  }

  get queueSize(): number {
    return this.#waiting.size;
  }

  stats(): CpuPoolStats {
    return {
      threads: this.#piscina?.threads.length ?? 0,
      running: this.#running.size,
      waiting: this.#waiting.size,
      ...this.#counters,
    };
  }

  run<Name extends keyof Table & string>(
    task: Name,
    input: Input<Table, Name>,
    { signal }: RunOptions = {},
  ): Promise<Output<Table, Name>> {
    const { promise, resolve, reject } = Promise.withResolvers<Payload>();
    if (this.#closed) reject(new GatewayError("draining"));
    else if (signal?.aborted) reject(new GatewayError("client_closed"));
    else if (this.#isFull()) reject(this.#refuse());
    else {
      const onAbort = (): void => this.#abandon(job);
      const release = (): void => signal?.removeEventListener("abort", onAbort);
      const job: Job = {
        task,
        input,
        resolve,
        reject,
        release,
        timer: undefined,
        kill: new AbortController(),
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      if (this.#running.size < this.#options.threads) this.#start(job);
      else this.#enqueue(job);
    }
    return promise as Promise<Output<Table, Name>>;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idleListeners.push(resolve));
    await this.#piscina?.destroy();
  }

  #isFull(): boolean {
    return this.#running.size >= this.#options.threads && this.#waiting.size >= this.#options.maxQueue;
  }

  #refuse(): GatewayError {
    this.#counters.refused++;
    const queueMs = ((this.#waiting.size + 1) * this.#meanRunMs) / this.#options.threads;
    const retryAfterMs = Math.round(Math.min(Math.max(queueMs, MIN_RETRY_AFTER_MS), MAX_RETRY_AFTER_MS));
    return new GatewayError("overloaded", { retryAfterMs });
  }

  #enqueue(job: Job): void {
    this.#waiting.add(job);
    job.timer = setTimeout(() => {
      this.#waiting.delete(job);
      job.release();
      job.reject(this.#refuse());
    }, this.#options.taskTimeoutMs);
  }

  /** The caller has gone. A running job keeps its place until it ends: its thread is busy either way. */
  #abandon(job: Job): void {
    job.reject(new GatewayError("client_closed"));
    if (this.#waiting.delete(job)) clearTimeout(job.timer);
  }

  #start(job: Job): void {
    this.#running.add(job);
    const startedMs = performance.now();
    job.timer = setTimeout(() => {
      this.#counters.timedOut++;
      job.kill.abort(new GatewayError("worker_timeout"));
    }, this.#options.taskTimeoutMs);
    this.#callThread(job).then(
      (output) => {
        this.#counters.completed++;
        this.#meanRunMs += (performance.now() - startedMs - this.#meanRunMs) * MEAN_WEIGHT;
        this.#settle(job);
        job.resolve(output);
      },
      (error: unknown) => {
        const { reason } = job.kill.signal;
        const failure = reason instanceof GatewayError ? reason : GatewayError.from(error, "worker_failed");
        if (failure.code !== "worker_timeout") this.#counters.failed++;
        this.#settle(job);
        job.reject(failure);
      },
    );
  }

  async #callThread(job: Job): Promise<Payload> {
    const message = encodeRequest(job.task, job.input);
    const transferList = [...message.buffers];
    return decodeResponse(await this.#threads().run(message, { transferList, signal: job.kill.signal }));
  }

  /** Piscina, loaded with the first task: a gateway whose calls are all small needs none of it. */
  #threads(): Piscina<WireMessage, WireMessage> {
    if (this.#piscina !== undefined) return this.#piscina;
    const library: typeof import("piscina") = createRequire(import.meta.url)("piscina");
    const { threads, idleTimeoutMs, resourceLimits } = this.#options;
    const piscina = new library.Piscina<WireMessage, WireMessage>({
      filename: fileURLToPath(this.#workerUrl),
      name: "handle",
      minThreads: 0,
      maxThreads: threads,
      idleTimeout: idleTimeoutMs,
      recordTiming: false,
      // Threads sleep in Atomics.wait between tasks: no CPU while idle and the shortest way to wake up.
      atomics: "sync",
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
    });
    piscina.on("error", (error: unknown) => this.#onThreadLost(error));
    this.#piscina = piscina;
    return piscina;
  }

  #settle(job: Job): void {
    clearTimeout(job.timer);
    job.release();
    this.#running.delete(job);
    for (const next of this.#waiting) {
      if (this.#running.size >= this.#options.threads) break;
      this.#waiting.delete(next);
      clearTimeout(next.timer);
      this.#start(next);
    }
    if (this.#running.size > 0) return;
    for (const listener of this.#idleListeners.splice(0)) listener();
  }

  /**
   * A thread died with no job on it, most likely while it started. Piscina then leaves the job it started the thread
   * for in its queue, without a thread to come; that is the newest one.
   */
  #onThreadLost(error: unknown): void {
    const newestFirst = [...this.#running].reverse();
    const stranded = newestFirst.slice(0, this.#running.size - this.#threads().threads.length);
    for (const job of stranded) job.kill.abort(new GatewayError("worker_failed", { cause: error }));
  }
}
