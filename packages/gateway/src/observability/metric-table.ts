import { TOKEN_KINDS } from "@headrace/core/canonical/usage";
import type { CpuPoolStats } from "@headrace/workers/pool";
import type { GateReport } from "../admission/gates.ts";
import type { ShedCounts } from "../admission/load-shedder.ts";
import { admissionMetrics } from "./admission-metrics.ts";
import { Histogram, type Series, type TokenCounts, TRY_OUTCOMES } from "./series.ts";
import { type MeteredTarget, targetMetrics } from "./target-metrics.ts";

/** One sample of a metric, as prom-client's registries exchange them. */
export interface Sample {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName?: string;
}

/** A metric with its samples; `aggregator` says how the samples of several processes become one. */
export interface MetricJson {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly aggregator: "sum" | "max";
  readonly values: Sample[];
}

interface SeriesMetric extends Omit<MetricJson, "values" | "aggregator"> {
  read(series: Series): Iterable<readonly [Record<string, string | number>, number]> | Histogram;
}

const USAGE_SOURCES = ["reported", "estimated"] as const;

/** The metrics of requests. A metric is one row. */
const SERIES_METRICS: readonly SeriesMetric[] = [
  {
    name: "headrace_requests_total",
    help: "Requests by HTTP status; 499 is a client that left.",
    type: "counter",
    read: (series) => entries(series.byStatus, "status"),
  },
  {
    name: "headrace_errors_total",
    help: "Failed requests by code of the error table.",
    type: "counter",
    read: (series) => entries(series.byError, "code"),
  },
  {
    name: "headrace_upstream_retries_total",
    help: "Tries after the first one of a request.",
    type: "counter",
    read: (series) => [[{}, series.retries]],
  },
  {
    name: "headrace_upstream_tries_total",
    help: "Requests to a provider by how they ended; refused is a 429, abandoned one that nobody waited for any more.",
    type: "counter",
    read: (series) => TRY_OUTCOMES.map((outcome, i) => [{ outcome }, series.tries[i] ?? 0] as const),
  },
  {
    name: "headrace_tokens_total",
    help: "Tokens by kind; the kinds do not overlap. The source tells providers' reports from estimates for calls that ended without one.",
    type: "counter",
    read: (series) => tokens(series.tokens),
  },
  {
    name: "headrace_cost_usd_total",
    help: "What the calls cost whose price is known, in USD.",
    type: "counter",
    read: (series) => [[{}, series.costUsd]],
  },
  {
    name: "headrace_shadow_total",
    help: "Calls chosen to be copied to a shadow's target, by what became of the copies. They are in none of the metrics of requests.",
    type: "counter",
    read: (series) => (series.shadow === null ? [] : entries(series.shadow.byOutcome, "outcome")),
  },
  {
    name: "headrace_shadow_tokens_total",
    help: "Tokens that the copies used, as in headrace_tokens_total.",
    type: "counter",
    read: (series) => (series.shadow === null ? [] : tokens(series.shadow.tokens)),
  },
  {
    name: "headrace_shadow_cost_usd_total",
    help: "What the copies cost whose price is known, in USD.",
    type: "counter",
    read: (series) => (series.shadow === null ? [] : [[{}, series.shadow.costUsd]]),
  },
  {
    name: "headrace_request_duration_seconds",
    help: "From the request's head to the answer's last byte.",
    type: "histogram",
    read: (series) => series.duration,
  },
  {
    name: "headrace_time_to_first_token_seconds",
    help: "From the request's head to the first event of a streamed answer.",
    type: "histogram",
    read: (series) => series.firstToken,
  },
  {
    name: "headrace_overhead_seconds",
    help: "The part of a request's time that was not spent waiting for a provider.",
    type: "histogram",
    read: (series) => series.overhead,
  },
  {
    name: "headrace_queue_seconds",
    help: "How long requests waited for their turn; those that did not wait are not among them.",
    type: "histogram",
    read: (series) => series.queue,
  },
];

/** What a process says of itself, read when it is asked for. */
export interface ProcessReadings {
  readonly openExchanges: number;
  readonly droppedLogLines: number;
  readonly workers: CpuPoolStats;
  /** Limits that the config names. */
  readonly gates: readonly GateReport[];
  /** Calls refused for lack of time, by class. */
  readonly shed: ShedCounts;
  readonly eventLoopDelayMs: number;
  /** Those that the config names. */
  readonly targets: readonly MeteredTarget[];
}

/** Of a process that does nothing. */
export const IDLE_READINGS: ProcessReadings = {
  openExchanges: 0,
  droppedLogLines: 0,
  workers: { threads: 0, running: 0, waiting: 0, completed: 0, failed: 0, timedOut: 0, refused: 0 },
  gates: [],
  shed: { high: 0, normal: 0, low: 0 },
  eventLoopDelayMs: 0,
  targets: [],
};

export function seriesMetrics(allSeries: readonly Series[]): MetricJson[] {
  return SERIES_METRICS.map(({ name, help, type, read }) => ({
    name,
    help,
    type,
    aggregator: "sum",
    values: allSeries.filter(isUsed).flatMap((series) => {
      const reading = read(series);
      if (reading instanceof Histogram) return histogramSamples(name, series, reading);
      return Array.from(reading, ([labels, value]) => ({ value, labels: { ...series.labels, ...labels } }));
    }),
  }));
}

export function processMetrics(processIndex: number, readings: ProcessReadings): MetricJson[] {
  return [
    ...gauges(processIndex, readings),
    memoryUse(processIndex),
    workerTasks(processIndex, readings.workers),
    ...admissionMetrics(processIndex, readings),
    ...targetMetrics(readings.targets),
  ];
}

function workerTasks(processIndex: number, workers: CpuPoolStats): MetricJson {
  const { completed, failed, timedOut, refused } = workers;
  return {
    name: "headrace_worker_tasks_total",
    help: "Tasks for worker threads by how they ended; a refused one found the queue full.",
    type: "counter",
    aggregator: "sum",
    values: Object.entries({ completed, failed, timed_out: timedOut, refused }).map(([outcome, value]) => {
      return { value, labels: { process: processIndex, outcome } };
    }),
  };
}

/** By kind: what V8 has taken and fills of its heap, and what objects hold beside it; array_buffers are part of external. */
function memoryUse(processIndex: number): MetricJson {
  const { heapTotal, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const kinds = { heap_total: heapTotal, heap_used: heapUsed, external, array_buffers: arrayBuffers };
  return {
    name: "headrace_process_memory_bytes",
    help: "Memory of the main thread's JavaScript by kind; array_buffers are a part of external.",
    type: "gauge",
    aggregator: "sum",
    values: Object.entries(kinds).map(([kind, value]) => {
      return { value, labels: { process: processIndex, kind } };
    }),
  };
}

function gauges(processIndex: number, readings: ProcessReadings): MetricJson[] {
  const { openExchanges, droppedLogLines, workers } = readings;
  const { user, system } = process.cpuUsage();
  const rows = [
    ["headrace_open_requests", "Requests that are being answered.", "gauge", openExchanges],
    ["headrace_worker_queue", "Tasks that wait for a worker thread.", "gauge", workers.waiting],
    ["headrace_worker_threads", "Worker threads that run.", "gauge", workers.threads],
    [
      "headrace_log_lines_dropped_total",
      "Log lines lost because the reader of standard output was too slow.",
      "counter",
      droppedLogLines,
    ],
    ["headrace_process_resident_memory_bytes", "Resident memory.", "gauge", process.memoryUsage.rss()],
    ["headrace_process_cpu_seconds_total", "CPU time, user and system.", "counter", (user + system) / 1e6],
    [
      "headrace_event_loop_utilization",
      "Busy share of the main thread.",
      "gauge",
      performance.eventLoopUtilization().utilization,
    ],
  ] as const;
  return rows.map(([name, help, type, value]) => ({
    name,
    help,
    type,
    aggregator: "sum",
    values: [{ value, labels: { process: processIndex } }],
  }));
}

function histogramSamples(name: string, { labels }: Series, histogram: Histogram): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  histogram.counts.forEach((inBucket, i) => {
    count += inBucket;
    const le = histogram.boundsS[i] ?? "+Inf";
    samples.push({ value: count, labels: { ...labels, le }, metricName: `${name}_bucket` });
  });
  samples.push({ value: histogram.sumS, labels, metricName: `${name}_sum` });
  samples.push({ value: count, labels, metricName: `${name}_count` });
  return samples;
}

function* entries<K extends string | number>(
  map: ReadonlyMap<K, number>,
  label: string,
): Iterable<readonly [Record<string, string | number>, number]> {
  for (const [key, value] of map) yield [{ [label]: key }, value];
}

function tokens(counts: TokenCounts): (readonly [Record<string, string>, number])[] {
  return USAGE_SOURCES.flatMap((source) =>
    TOKEN_KINDS.map((kind, i) => [{ kind, source }, counts[source][i] ?? 0] as const),
  );
}

/** Series without a request are left out: most models never see most endpoints. A target may see only tries, or copies. */
function isUsed(series: Series): boolean {
  return series.shadow !== null || series.byStatus.size > 0 || series.tries.some((count) => count > 0);
}
