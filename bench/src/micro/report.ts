import { median } from "../measure/statistics.ts";
import { machineLines } from "../report/machine-lines.ts";
import { markdownTable, short } from "../report/markdown.ts";
import type { BenchChange, FigureChange } from "./ratio.ts";
import type { MicroComparison, MicroResult, MicroResults } from "./results.ts";

const NS_PER_US = 1_000;

/** All figures, a table for each file of benches. */
export function renderMicro(results: MicroResults): string {
  const files = [...new Set(results.benches.map(({ id }) => areaOf(id)))];
  return `${[
    "# Micro benches",
    headLines(results),
    "Time is CPU time of the process, its garbage collection included; allocated is V8's heap. Each is the median over the processes, with the least and the most beside it.",
    ...files.map((file) => {
      const benches = results.benches.filter(({ id }) => areaOf(id) === file);
      return `## ${file}\n\n${markdownTable(["", "time", "least to most", "a part", "allocated"], benches.map(row))}`;
    }),
  ].join("\n\n")}\n`;
}

function headLines({
  machine,
  pinning,
  startedAt,
  wallSeconds,
  rounds,
}: MicroResults | MicroComparison): string {
  return [
    machineLines(machine),
    `- started ${startedAt}, took ${Math.round(wallSeconds)} s; ${rounds} processes of its own for each bench, ${pinning}`,
  ].join("\n");
}

/** `core/sse/parser` of `core/sse/parser: 100 chunks`. */
function areaOf(id: string): string {
  return id.slice(0, id.indexOf(": "));
}

function row({ id, parts, readings }: MicroResult): string[] {
  const times = readings.map(({ nsPerOp }) => nsPerOp);
  return [
    id.slice(areaOf(id).length + 2),
    timeText(median(times)),
    `${timeText(Math.min(...times))} to ${timeText(Math.max(...times))}`,
    parts === 1 ? "" : timeText(median(times) / parts),
    bytesText(median(readings.map(({ bytesPerOp }) => bytesPerOp))),
  ];
}

function timeText(ns: number): string {
  return ns < NS_PER_US ? `${short(ns)} ns` : `${short(ns / NS_PER_US)} µs`;
}

function bytesText(bytes: number): string {
  return bytes < 10_000 ? `${Math.round(bytes)} B` : `${short(bytes / 1_000)} KB`;
}

/** What has changed, what has surely not and what is new. */
export function renderMicroComparison(comparison: MicroComparison): string {
  const { changes, added, notes, base } = comparison;
  const isBeyond = ({ time, allocated }: BenchChange): boolean =>
    [time, allocated].some(({ verdict }) => verdict === "better" || verdict === "worse");
  const beyond = changes.filter(isBeyond);
  const sorted = [...beyond, ...changes.filter((change) => !isBeyond(change))];
  const head = ["", "before", "after", "ratio", "95 % of it", "", "allocated before", "after", "ratio", ""];
  return `${[
    `# Micro benches against ${base.slice(0, 12)}`,
    headLines(comparison),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
    changes.length === 0
      ? "Nothing could be compared."
      : `${beyond.length} of ${changes.length} benches changed beyond noise and by more than 5 %.`,
    ...(changes.length === 0 ? [] : [markdownTable(head, sorted.map(changeRow))]),
    ...(added.length === 0 ? [] : [`New, so that there is nothing to compare with: ${added.join("; ")}.`]),
  ].join("\n\n")}\n`;
}

function changeRow({ id, time, allocated }: BenchChange): string[] {
  return [
    id,
    timeText(time.before),
    timeText(time.after),
    short(time.ratio),
    `${short(time.interval.low)} to ${short(time.interval.high)}`,
    time.verdict,
    bytesText(allocated.before),
    bytesText(allocated.after),
    short(allocated.ratio),
    allocated.verdict,
  ];
}

/** One line on a bench that is worse by more than may be. */
export function complaint(id: string, figure: "time" | "allocated", change: FigureChange): string {
  const text = figure === "time" ? timeText : bytesText;
  const { ratio, interval, before, after } = change;
  const certain = `95 % between ${short(interval.low)} and ${short(interval.high)}`;
  return `${id}: ${figure} ${text(before)} before, ${text(after)} now, ${short(ratio)} times as much (${certain})`;
}
