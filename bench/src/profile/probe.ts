/**
 * Preloaded into the gateway by `--import`: watches V8 from the first SIGUSR2 to the second, and writes what it saw to
 * the file that the environment names. It is idle before, so that the start and the warm-up leave no trace.
 */

import { renameSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { constants, type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

export type ProbeKind = "cpu" | "heap" | "gc";

/** What the `gc` probe writes: one entry for each pause. `kind` is V8's name for the work. */
export interface GcPause {
  kind: "scavenge" | "mark-sweep" | "incremental" | "weak callbacks" | "other";
  ms: number;
}

interface Probe {
  start(): void;
  stop(write: (seen: unknown) => void): void;
}

const CPU_INTERVAL_US = 250;
const HEAP_INTERVAL_BYTES = 16_384;
/** Ends on the file name: the probe is at work when this one is there. */
const STARTED_SUFFIX = ".started";

const GC_KINDS: Readonly<Record<number, GcPause["kind"]>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: "scavenge",
  [constants.NODE_PERFORMANCE_GC_MAJOR]: "mark-sweep",
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: "incremental",
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: "weak callbacks",
};

function cpuProbe(): Probe {
  const session = new Session();
  session.connect();
  return {
    start(): void {
      session.post("Profiler.enable");
      session.post("Profiler.setSamplingInterval", { interval: CPU_INTERVAL_US });
      session.post("Profiler.start");
    },
    stop: (write): void => session.post("Profiler.stop", (_error, answer) => write(answer?.profile)),
  };
}

function heapProbe(): Probe {
  const session = new Session();
  session.connect();
  return {
    start: (): void =>
      session.post("HeapProfiler.startSampling", {
        samplingInterval: HEAP_INTERVAL_BYTES,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      }),
    stop: (write): void =>
      session.post("HeapProfiler.stopSampling", (_error, answer) => write(answer?.profile)),
  };
}

function gcProbe(): Probe {
  const pauses: GcPause[] = [];
  const keep = (entries: readonly PerformanceEntry[]): void => {
    for (const entry of entries) pauses.push({ kind: kindOf(entry), ms: entry.duration });
  };
  const observer = new PerformanceObserver((list) => keep(list.getEntries()));
  return {
    start: (): void => observer.observe({ entryTypes: ["gc"] }),
    stop(write): void {
      keep(observer.takeRecords());
      observer.disconnect();
      write(pauses);
    },
  };
}

function kindOf(entry: object): GcPause["kind"] {
  const detail: unknown = "detail" in entry ? entry.detail : undefined;
  const kind = typeof detail === "object" && detail !== null && "kind" in detail ? detail.kind : undefined;
  return (typeof kind === "number" ? GC_KINDS[kind] : undefined) ?? "other";
}

const PROBES: Readonly<Record<string, () => Probe>> = { cpu: cpuProbe, heap: heapProbe, gc: gcProbe };

const file = process.env.HEADRACE_PROBE_FILE;
const create = PROBES[process.env.HEADRACE_PROBE ?? ""];
if (isMainThread && file !== undefined && create !== undefined) {
  const probe = create();
  const write = (name: string, text: string): void => {
    // Whoever waits for the file reads it as soon as it has its name.
    writeFileSync(`${name}.part`, text);
    renameSync(`${name}.part`, name);
  };
  process.once("SIGUSR2", () => {
    probe.start();
    process.once("SIGUSR2", () => probe.stop((seen) => write(file, JSON.stringify(seen))));
    write(`${file}${STARTED_SUFFIX}`, "");
  });
}
