import type { TopLevelSpec } from "vega-lite";
import { type BenchResults, figuresOf } from "./results.ts";

/** A plot by the name of its files. */
export interface Plot {
  name: string;
  spec: TopLevelSpec;
}

/** One measured point. Units are in the names; `load` is RPS or virtual users. */
interface Point {
  gateway: string;
  scenario: string;
  stream: boolean;
  load: number;
  rps: number;
  p50: number;
  p99: number;
  rss: number;
  cpu: number;
}

/** A log axis cannot show 0 or less: added latencies within the noise are drawn at the floor. */
const LOG_FLOOR_MS = 0.01;

function pointsOf(results: BenchResults): Point[] {
  const titles = new Map(results.contestants.map(({ name, title }) => [name, title]));
  return results.cells.flatMap((cell) => {
    const figures = figuresOf(cell);
    if (figures === undefined) return [];
    return [
      {
        gateway: titles.get(cell.contestant) ?? cell.contestant,
        scenario: cell.cell.scenario,
        stream: cell.cell.stream,
        load: cell.cell.load.kind === "open" ? cell.cell.load.rps : cell.cell.load.users,
        rps: figures.rps,
        p50: Math.max(LOG_FLOOR_MS, figures.addedP50Ms),
        p99: Math.max(LOG_FLOOR_MS, figures.addedP99Ms),
        rss: figures.maxRssMb,
        cpu: figures.cpuUsPerRequest,
      },
    ];
  });
}

/** The mock itself as a line among the gateways, from the direct halves of the runs. */
function directPoints(results: BenchResults): { gateway: string; load: number; rps: number }[] {
  const loads = new Map<number, number[]>();
  for (const cell of results.cells) {
    const figures = figuresOf(cell);
    if (cell.cell.scenario !== "users" || figures === undefined || cell.cell.load.kind !== "closed") continue;
    const seen = loads.get(cell.cell.load.users) ?? [];
    loads.set(cell.cell.load.users, [...seen, figures.directRps]);
  }
  return [...loads].map(([load, rates]) => ({
    gateway: "mock called directly",
    load,
    rps: rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
  }));
}

const BASE = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", background: "white" } as const;
const SIZE = { width: 520, height: 300 } as const;
const COLOR = { field: "gateway", type: "nominal", title: null, sort: null } as const;

function lineSpec(options: {
  title: string;
  values: readonly object[];
  x: string;
  y: { field: string; title: string; log?: boolean };
}): TopLevelSpec {
  return {
    ...BASE,
    ...SIZE,
    title: options.title,
    data: { values: [...options.values] },
    mark: { type: "line", point: true },
    encoding: {
      x: { field: "load", type: "quantitative", title: options.x },
      y: {
        field: options.y.field,
        type: "quantitative",
        title: options.y.title,
        scale: options.y.log ? { type: "log" } : { zero: true },
      },
      color: COLOR,
    },
  };
}

function overheadSpec(values: readonly Point[], latencyMs: number): TopLevelSpec {
  const long = values.flatMap((point) => [
    { ...point, percentile: "p50", ms: point.p50 },
    { ...point, percentile: "p99", ms: point.p99 },
  ]);
  return {
    ...BASE,
    ...SIZE,
    title: `Latency added to a ${latencyMs} ms mock`,
    data: { values: long },
    mark: { type: "line", point: true },
    encoding: {
      x: { field: "load", type: "quantitative", title: "requests a second, constant arrival" },
      y: { field: "ms", type: "quantitative", title: "added latency, ms (log)", scale: { type: "log" } },
      color: COLOR,
      strokeDash: {
        field: "percentile",
        type: "nominal",
        title: null,
        legend: { symbolType: "stroke", symbolStrokeColor: "black" },
      },
    },
  };
}

function barSpec(options: {
  title: string;
  values: readonly object[];
  field: string;
  axis: string;
}): TopLevelSpec {
  const x = { field: options.field, type: "quantitative", title: options.axis } as const;
  const y = { field: "gateway", type: "nominal", title: null, sort: null } as const;
  return {
    ...BASE,
    width: SIZE.width,
    title: options.title,
    data: { values: [...options.values] },
    encoding: { x, y },
    layer: [
      { mark: { type: "bar", color: "#4c78a8" } },
      {
        mark: { type: "text", align: "left", dx: 4 },
        encoding: { text: { field: options.field, type: "quantitative", format: ",.0f" } },
      },
    ],
  };
}

/** The plots that this result has figures for. */
export function plotsOf(results: BenchResults): Plot[] {
  const points = pointsOf(results);
  const of = (scenario: string, stream?: boolean): Point[] =>
    points.filter(
      (point) => point.scenario === scenario && (stream === undefined || point.stream === stream),
    );
  const sweep = of("sweep");
  const users = [...directPoints(results), ...of("users")];
  const plain = of("saturation", false);
  const streams = of("saturation", true);
  const paced = of("streams");
  const rate = "requests a second, constant arrival";
  const candidates: [string, number, () => TopLevelSpec][] = [
    ["overhead-by-rps", sweep.length, () => overheadSpec(sweep, results.options.latencyMs)],
    [
      "rss-by-rps",
      sweep.length,
      () =>
        lineSpec({
          title: "Memory of the process tree",
          values: sweep,
          x: rate,
          y: { field: "rss", title: "RSS, MB" },
        }),
    ],
    [
      "rps-by-users",
      users.length,
      () =>
        lineSpec({
          title: `Throughput on a ${results.options.usersLatencyMs} ms mock`,
          values: users,
          x: "virtual users",
          y: { field: "rps", title: "requests a second" },
        }),
    ],
    [
      "saturation-plain",
      plain.length,
      () =>
        barSpec({
          title: "Saturation, plain answers",
          values: plain,
          field: "rps",
          axis: "requests a second",
        }),
    ],
    [
      "cpu-per-request",
      plain.length,
      () => barSpec({ title: "CPU of a plain request", values: plain, field: "cpu", axis: "µs" }),
    ],
    [
      "saturation-stream",
      streams.length,
      () =>
        barSpec({
          title: `Saturation, streams of ${results.options.chunks} events`,
          values: streams,
          field: "rps",
          axis: "streams a second",
        }),
    ],
    [
      "cpu-per-stream",
      paced.length,
      () =>
        barSpec({
          title: `CPU of a stream of ${results.options.chunks} paced events`,
          values: paced,
          field: "cpu",
          axis: "µs",
        }),
    ],
  ];
  return candidates.filter(([, count]) => count > 0).map(([name, , spec]) => ({ name, spec: spec() }));
}
