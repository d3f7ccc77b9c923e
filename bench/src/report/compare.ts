import { type Interval, median, pairedInterval, unpairedInterval } from "../measure/statistics.ts";
import type { CellResult, RunRecord, SlicePair } from "../scenarios/cell-result.ts";
import { markdownTable, short } from "./markdown.ts";
import type { BenchResults } from "./results.ts";

/** One figure of one cell in two results. */
export interface Change {
  cell: string;
  contestant: string;
  metric: string;
  before: number;
  after: number;
  /** 95 % interval of the difference (after minus before). */
  interval: Interval;
  /** Pairs, or the smaller sample when the two results do not pair. */
  samples: number;
  verdict: "better" | "worse" | "no change beyond noise" | "too few samples";
}

interface Metric {
  name: string;
  values(runs: readonly RunRecord[]): number[];
  lowerIsBetter: boolean;
  /** A difference below this is of no interest even when it is certain. */
  floor: (before: number) => number;
}

const MIN_SAMPLES = 4;
const RELATIVE_FLOOR = 0.01;
const LATENCY_FLOOR_MS = 0.02;
const RSS_FLOOR = 0.1;

const bySlice =
  (pick: (slice: SlicePair) => number) =>
  (runs: readonly RunRecord[]): number[] =>
    runs.flatMap((run) => run.slices.map(pick));

const relative = (before: number): number => Math.abs(before) * RELATIVE_FLOOR;
const latencyFloor = (before: number): number => Math.max(LATENCY_FLOOR_MS, relative(before));

/** Each is anchored in its own run (a difference or a ratio to direct, or CPU time), so a slower hour cancels out. */
const METRICS: readonly Metric[] = [
  {
    name: "added p50 ms",
    values: bySlice((slice) => slice.overheadP50Ms),
    lowerIsBetter: true,
    floor: latencyFloor,
  },
  {
    name: "added p99 ms",
    values: bySlice((slice) => slice.overheadP99Ms),
    lowerIsBetter: true,
    floor: latencyFloor,
  },
  {
    name: "RPS over direct",
    values: bySlice((slice) => (slice.directRps > 0 ? slice.rps / slice.directRps : 0)),
    lowerIsBetter: false,
    floor: relative,
  },
  {
    name: "CPU µs/request",
    values: bySlice((slice) => slice.cpuUsPerRequest),
    lowerIsBetter: true,
    floor: relative,
  },
  {
    name: "RSS MB",
    // One value a run: readings within a run are one heap's and would look like many independent samples. Even runs
    // share a process, and heaps differ from start to start by more than the interval tells, hence the wide floor.
    values: (runs) => runs.map((run) => run.memory.maxRssMb),
    lowerIsBetter: true,
    floor: (before) => before * RSS_FLOOR,
  },
];

function verdictOf(metric: Metric, change: Omit<Change, "verdict">): Change["verdict"] {
  const { interval, before, after, samples } = change;
  if (samples < MIN_SAMPLES) return "too few samples";
  const certain = interval.low > 0 || interval.high < 0;
  if (!certain || Math.abs(after - before) < metric.floor(before)) return "no change beyond noise";
  return after < before === metric.lowerIsBetter ? "better" : "worse";
}

function compareMetric(metric: Metric, cells: { before: CellResult; after: CellResult }): Change {
  const before = metric.values(cells.before.runs);
  const after = metric.values(cells.after.runs);
  // Slices of two results pair by their place in the run; without equal shapes they are two loose samples.
  const paired = before.length === after.length;
  const interval = paired
    ? pairedInterval(after.map((value, index) => value - (before[index] ?? Number.NaN)))
    : unpairedInterval(before, after);
  const change = {
    cell: cells.after.key,
    contestant: cells.after.contestant,
    metric: metric.name,
    before: median(before),
    after: median(after),
    interval,
    samples: Math.min(before.length, after.length),
  };
  return { ...change, verdict: verdictOf(metric, change) };
}

/** Every figure that both results have. */
export function compareResults(before: BenchResults, after: BenchResults): Change[] {
  const earlier = new Map(before.cells.map((cell) => [`${cell.contestant} ${cell.key}`, cell]));
  return after.cells.flatMap((cell) => {
    const other = earlier.get(`${cell.contestant} ${cell.key}`);
    if (other === undefined || other.runs.length === 0 || cell.runs.length === 0) return [];
    return METRICS.map((metric) => compareMetric(metric, { before: other, after: cell }));
  });
}

function differences(before: BenchResults, after: BenchResults): string[] {
  const facts: [string, string, string][] = [
    ["machine", before.machine.cpuModel, after.machine.cpuModel],
    ["cores", String(before.machine.cores), String(after.machine.cores)],
    ["Node", before.machine.node, after.machine.node],
    ["load tool", before.options.tool, after.options.tool],
    ["pinning", before.pinning, after.pinning],
  ];
  return facts
    .filter(([, a, b]) => a !== b)
    .map(([name, a, b]) => `- not like with like: ${name} was ${a}, is ${b}`);
}

/** What changed beyond noise, as Markdown. */
export function renderComparison(before: BenchResults, after: BenchResults): string {
  const changes = compareResults(before, after);
  const beyond = changes.filter(({ verdict }) => verdict === "better" || verdict === "worse");
  const row = (change: Change): string[] => [
    change.contestant,
    change.cell,
    change.metric,
    short(change.before),
    short(change.after),
    `${short(change.interval.low)} to ${short(change.interval.high)}`,
    String(change.samples),
    change.verdict,
  ];
  const head = [
    "gateway",
    "cell",
    "figure",
    "before",
    "after",
    "95 % of the difference",
    "samples",
    "verdict",
  ];
  return `${[
    `Before: commit ${before.machine.commit.slice(0, 12)}, ${before.startedAt}. After: commit ${after.machine.commit.slice(0, 12)}, ${after.startedAt}.`,
    ...differences(before, after),
    beyond.length === 0
      ? `Nothing changed beyond noise in ${changes.length} figures.`
      : `${beyond.length} of ${changes.length} figures changed beyond noise.`,
    markdownTable(head, [...beyond, ...changes.filter((change) => !beyond.includes(change))].map(row)),
  ].join("\n\n")}\n`;
}
