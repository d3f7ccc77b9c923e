import { us_socket_local_port } from "uWebSockets.js";
import type { BehaviourPatch } from "./behaviour/parse.ts";
import { BehaviourSource } from "./server/behaviour-source.ts";
import { registerControl } from "./server/control.ts";
import { listen, makeApp } from "./server/listener.ts";
import { seededRandom } from "./server/random.ts";
import { registerRealtime } from "./server/realtime.ts";
import { type MockCounts, type ReceivedRequest, Recorder } from "./server/recorder.ts";
import type { Replays } from "./server/replay.ts";
import { makeRoutes } from "./server/route-table.ts";
import { type RouteDeps, registerRoutes } from "./server/routes.ts";
import { TimerHeap } from "./wire/timer-heap.ts";

export type { MockCounts, ReceivedRequest } from "./server/recorder.ts";
export type { Replay, Replays } from "./server/replay.ts";

const DEFAULT_RECORD = 1_000;
const DEFAULT_SEED = 1;

/** How to start a mock. Behaviour not named here is OpenAI answering at once. */
export interface MockOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Behaviour of the whole run. */
  readonly behaviour?: BehaviourPatch;
  /** Refuse requests without this key where their wire has it, as the provider refuses them. */
  readonly requireKey?: string;
  /** Requests to keep for assertions, default 1000; 0 keeps none and walks no headers. */
  readonly record?: number;
  /**
   * Default false. True reads model, stream and include_usage of bodies from 2 KiB on by native search instead of
   * parsing them: for benchmarks with big prompts. A big body that is not JSON then goes unnoticed.
   */
  readonly trustBodies?: boolean;
  /** Recordings that the behaviour `replay` answers with, by name. */
  readonly replays?: Replays;
  /** Seed of the jitter, default 1. */
  readonly seed?: number;
}

/** A running mock. */
export interface Mock {
  /** Base URL of the API, `http://127.0.0.1:port/v1`. */
  readonly url: string;
  readonly port: number;
  /** The kept requests, oldest first. */
  readonly received: readonly ReceivedRequest[];
  readonly counts: MockCounts;
  /** Forgets received requests, counts and faults set by `setFaults`. */
  clear(): void;
  /**
   * Lays faults over the run's behaviour for all requests from now, or with `times` for so many requests, after
   * those that were queued before. Throws a RangeError that names a wrong field.
   */
  setFaults(patch: BehaviourPatch, options?: { readonly times?: number }): void;
  /** Resolves with the first received request that fits, rejects after the time-out saying what was received. */
  waitFor(predicate: (request: ReceivedRequest) => boolean, timeoutMs: number): Promise<ReceivedRequest>;
  /** Closes the listener and every connection at once. */
  close(): Promise<void>;
}

/** Starts a mock; rejects when the port cannot be had, throws a RangeError for a wrong behaviour. */
export async function startMock(options: MockOptions = {}): Promise<Mock> {
  const host = options.host ?? "127.0.0.1";
  const behaviours = new BehaviourSource(options.behaviour ?? {});
  const recorder = new Recorder(options.record ?? DEFAULT_RECORD);
  const heap = new TimerHeap();
  const app = makeApp();
  app.filter((_, count) => recorder.connectionsChanged(Number(count) > 0 ? 1 : -1));
  registerControl(app, { recorder, behaviours });
  const deps: RouteDeps = {
    recorder,
    behaviours,
    heap,
    requireKey: options.requireKey,
    trustBodies: options.trustBodies ?? false,
    replays: options.replays ?? {},
    random: seededRandom(options.seed ?? DEFAULT_SEED),
  };
  registerRealtime(app, deps);
  registerRoutes(app, makeRoutes(), deps);
  const port = us_socket_local_port(await listen(app, host, options.port ?? 0));
  return {
    url: `http://${host}:${port}/v1`,
    port,
    get received() {
      return recorder.requests;
    },
    counts: recorder.counts,
    clear: () => {
      recorder.clear();
      behaviours.clear();
    },
    setFaults: (patch, { times } = {}) => behaviours.set(patch, times),
    waitFor: (predicate, timeoutMs) => recorder.waitFor(predicate, timeoutMs),
    close: async () => {
      heap.close();
      app.close();
    },
  };
}
