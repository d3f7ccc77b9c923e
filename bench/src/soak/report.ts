import type { TopLevelSpec } from "vega-lite";
import type { MachineRecord } from "../measure/machine.ts";
import { machineLines } from "../report/machine-lines.ts";
import { markdownTable, short } from "../report/markdown.ts";
import type { Plot } from "../report/plot-specs.ts";
import {
  envelopeOf,
  type Growing,
  type Growth,
  growsTooFast,
  LIMIT_MB_PER_10_MIN,
  windowOf,
} from "./growth.ts";
import type { SoakOptions } from "./options.ts";
import type { Reading } from "./readings.ts";
import type { HeapComparison, SoakRun } from "./run.ts";

/** What `results.json` of a soak holds; the readings are in `readings.csv` beside it. */
export interface SoakResults extends Omit<SoakRun, "readings"> {
  format: 1;
  kind: "soak";
  /** ISO time of the start. */
  startedAt: string;
  wallSeconds: number;
  machine: MachineRecord;
  options: SoakOptions;
  verdict: "flat" | "grows" | "failed calls";
}

const TITLES: Readonly<Record<Growing, { title: string; unit: string }>> = {
  rssMb: { title: "RSS of the process tree (judged)", unit: "MB" },
  pssMb: { title: "PSS of the process tree", unit: "MB" },
  heapUsedMb: { title: "JavaScript heap, used", unit: "MB" },
  externalMb: { title: "beside the heap, held by it", unit: "MB" },
  openFiles: { title: "open sockets and files", unit: "" },
  threads: { title: "threads", unit: "" },
};

const MAX_CHANGES = 25;
const BYTES_PER_MB = 1e6;

export function verdictOf({ growths, problems }: SoakRun): SoakResults["verdict"] {
  if (growsTooFast(growths)) return "grows";
  return problems.length > 0 ? "failed calls" : "flat";
}

export function renderSoak(results: SoakResults): string {
  const { options, growths, calls, warmUpS, verdict, heap, problems } = results;
  const measuredS = options.durationMs / 1000 - warmUpS;
  return `${[
    `# Soak: ${verdict}`,
    headLines(results),
    markdownTable(
      ["after the warm-up", "slope in 10 min", "95 % interval", "line from", "to", "median", "highest"],
      growths.map(growthRow),
    ),
    `The limit is ${LIMIT_MB_PER_10_MIN} MB of RSS in 10 minutes. The slope is Theil-Sen's, through the least reading of each ${short(windowOf(measuredS))} s: what a collector is about to free is not in those. Readings are taken each second; the first ${short(warmUpS / 60)} minutes are the warm-up and not judged.${certainty(growths)}`,
    markdownTable(
      ["calls", "sent", "answered", "failed", "p50 ms", "p99 ms", "longest ms"],
      calls.map(({ kind, sent, succeeded, errors, p50Ms, p99Ms, maxMs }) => [
        kind,
        ...[sent, succeeded, Object.values(errors).reduce((sum, count) => sum + count, 0)].map(String),
        ...[p50Ms, p99Ms, maxMs].map(short),
      ]),
    ),
    ...(problems.length === 0 ? [] : [problems.map((problem) => `- ${problem}`).join("\n")]),
    ...(heap === undefined ? [] : [heapText(heap)]),
  ].join("\n\n")}\n`;
}

function headLines({ machine, startedAt, wallSeconds, options, pinning }: SoakResults): string {
  return [
    machineLines(machine),
    `- started ${startedAt}, took ${Math.round(wallSeconds)} s`,
    `- ${pinning}`,
    `- load: ${options.streams} streams at a time, each 100 events at 20 a second, and ${options.rps} plain calls a second, on a 50 ms mock; one gateway process with client keys, limits of key, model and target, metrics (scraped each second) and access log`,
  ].join("\n");
}

function growthRow({ name, slope, low, high, from, to, median, max }: Growth): string[] {
  const { title, unit } = TITLES[name];
  const signed = (value: number | null): string =>
    value === null ? "-" : `${value > 0 ? "+" : ""}${value.toFixed(2)}`;
  return [
    unit === "" ? title : `${title}, ${unit}`,
    signed(slope),
    `${signed(low)} to ${signed(high)}`,
    ...[from, to, median, max].map(short),
  ];
}

function certainty(growths: readonly Growth[]): string {
  const rss = growths.find(({ name }) => name === "rssMb");
  if (rss === undefined || rss.slope > LIMIT_MB_PER_10_MIN) return "";
  if (rss.high !== null && rss.high <= LIMIT_MB_PER_10_MIN) return "";
  return " **The interval reaches above the limit: a longer run would tell.**";
}

function heapText({ apartMs, bytesBefore, bytesAfter, changes }: HeapComparison): string {
  const mb = (bytes: number): string => (bytes / BYTES_PER_MB).toFixed(2);
  return [
    `## What grew in the heap\n\nTwo heap snapshots, ${short(apartMs / 60_000)} minutes of the same load apart, after the readings: ${mb(bytesBefore)} MB, then ${mb(bytesAfter)} MB.`,
    markdownTable(
      ["constructor", "more objects", "more bytes"],
      changes
        .slice(0, MAX_CHANGES)
        .map(({ constructorName, count, bytes }) => [
          constructorName.replaceAll("|", "\\|"),
          String(count),
          String(bytes),
        ]),
    ),
  ].join("\n\n");
}

const LINES = ["rssMb", "heapUsedMb", "externalMb"] as const;
const LINE_NAMES = { rssMb: "RSS", heapUsedMb: "heap used", externalMb: "external" } as const;
/** More points a line than a plot can show are thinned. */
const MOST_POINTS = 900;

/** Memory over time, with the line that is judged. */
export function soakPlot(results: SoakResults, readings: readonly Reading[]): Plot {
  const { growths, warmUpS, options } = results;
  const every = Math.max(1, Math.ceil(readings.length / MOST_POINTS));
  const values = readings
    .filter((_reading, i) => i % every === 0)
    .flatMap((reading) =>
      LINES.filter((name) => Number.isFinite(reading[name])).map((name) => {
        return { minutes: reading.atS / 60, mb: reading[name], what: LINE_NAMES[name] };
      }),
    );
  const rss = growths.find(({ name }) => name === "rssMb");
  const endS = options.durationMs / 1000;
  const judged = readings.filter(({ atS }) => atS >= warmUpS && atS <= endS);
  const least = envelopeOf(judged, "rssMb", windowOf(endS - warmUpS)).map(({ atS, value }) => {
    return { minutes: atS / 60, mb: value };
  });
  const line =
    rss === undefined
      ? []
      : [
          { minutes: warmUpS / 60, mb: rss.from },
          { minutes: endS / 60, mb: rss.to },
        ];
  return {
    name: "memory-over-time",
    spec: plotSpec({ values, least, line, slope: rss?.slope ?? Number.NaN }),
  };
}

function plotSpec(data: {
  values: readonly object[];
  least: readonly object[];
  line: readonly object[];
  slope: number;
}): TopLevelSpec {
  const x = { field: "minutes", type: "quantitative", title: "minutes" } as const;
  const y = { field: "mb", type: "quantitative", title: "MB", scale: { zero: true } } as const;
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "white",
    width: 620,
    height: 320,
    title: `Memory under constant load: ${short(data.slope)} MB in 10 minutes`,
    layer: [
      {
        data: { values: [...data.values] },
        mark: { type: "line", strokeWidth: 1 },
        encoding: { x, y, color: { field: "what", type: "nominal", title: null, sort: null } },
      },
      {
        data: { values: [...data.least] },
        mark: { type: "point", size: 14, color: "black" },
        encoding: { x, y },
      },
      {
        data: { values: [...data.line] },
        mark: { type: "line", strokeDash: [6, 3], color: "black" },
        encoding: { x, y },
      },
    ],
  };
}
