import type { MachineRecord } from "../measure/machine.ts";
import { median } from "../measure/statistics.ts";
import { machineLines } from "../report/machine-lines.ts";
import { markdownTable, short } from "../report/markdown.ts";
import type { Figure, SectionResult } from "./figure.ts";
import type { FigureOptions } from "./options.ts";

/** What `results.json` of the figures holds. */
export interface FiguresResults {
  format: 1;
  kind: "figures";
  /** ISO time of the start. */
  startedAt: string;
  wallSeconds: number;
  machine: MachineRecord;
  pinning: string;
  options: FigureOptions;
  sections: SectionResult[];
}

/** Above this the machine was not quiet, and absolute figures say little. */
const QUIET_CORES = 0.1;
const MAX_PROBLEMS_SHOWN = 6;

/** All figures in one table, then how each was measured and what speaks against it. */
export function renderFigures(results: FiguresResults): string {
  return `${[
    `# Figures of the main job${results.options.quick ? " (quick: a smoke test, not a result)" : ""}`,
    headLines(results),
    markdownTable(
      ["figure", "limit", "measured", "least to most", "runs", "beside it", "ratio", "met"],
      results.sections.flatMap(({ figures }) => figures.map(row)),
    ),
    "Measured is the median over the runs, and what is compared with the limit. Ratios are medians of each run's own ratio.",
    ...results.sections.map(sectionText),
  ].join("\n\n")}\n`;
}

function headLines({ machine, pinning, startedAt, wallSeconds, sections }: FiguresResults): string {
  const others = sections.flatMap(({ otherCores }) => otherCores);
  const typical = median(others);
  return [
    machineLines(machine),
    `- started ${startedAt}, took ${Math.round(wallSeconds)} s`,
    `- ${pinning}`,
    `- other programs used ${short(typical)} cores in the median slice, ${short(Math.max(...others))} in the worst${
      typical > QUIET_CORES ? ": **the machine was not quiet, so absolute figures are noise**" : ""
    }`,
  ].join("\n");
}

function withUnit(value: number, unit: Figure["unit"]): string {
  return unit === "×" ? `${short(value)} ×` : `${short(value)} ${unit}`;
}

function row(figure: Figure): string[] {
  const { title, unit, limit, beside, met, note } = figure;
  return [
    note === undefined ? title : `${title} (${note})`,
    limit === undefined ? "-" : withUnit(limit, unit),
    withUnit(figure.median, unit),
    `${short(figure.min)} to ${short(figure.max)}`,
    String(figure.runs.length),
    beside === undefined ? "-" : `${beside.name} ${withUnit(beside.median, unit)}`,
    beside === undefined ? "-" : short(beside.ratio),
    met ?? "-",
  ];
}

function sectionText({ name, method, problems }: SectionResult): string {
  const shown = problems.slice(0, MAX_PROBLEMS_SHOWN).map((problem) => `- invalid: ${problem}`);
  const more = problems.length - shown.length;
  return [
    `## ${name}\n\n${method}`,
    ...(shown.length === 0 ? [] : [[...shown, ...(more > 0 ? [`- and ${more} more`] : [])].join("\n")]),
  ].join("\n\n");
}
