import type { CellResult } from "../scenarios/cell-result.ts";
import { markdownTable, percent, short } from "./markdown.ts";
import { type BenchResults, type CellFigures, figuresOf } from "./results.ts";

type Column = [head: string, cell: (figures: CellFigures, result: CellResult) => string];

const COMMON: Column[] = [
  ["RPS", (f) => f.rps.toFixed(0)],
  ["success %", (f) => percent(f.successRatio)],
];
const COST: Column[] = [
  ["CPU µs/request", (f) => short(f.cpuUsPerRequest)],
  ["RSS MB", (f) => short(f.maxRssMb)],
  ["errors", (f) => errorText(f.errors)],
];
const LATENCY: Column[] = [
  ["p50 ms", (f) => short(f.p50Ms)],
  ["p95 ms", (f) => short(f.p95Ms)],
  ["p99 ms", (f) => short(f.p99Ms)],
  ["p99.9 ms", (f) => short(f.p999Ms)],
];
const ADDED: Column[] = [
  ["added p50 ms", (f) => short(f.addedP50Ms)],
  ["added p95 ms", (f) => short(f.addedP95Ms)],
  ["added p99 ms", (f) => short(f.addedP99Ms)],
  ["added p99, runs", (f) => f.addedP99Range.map(short).join(" to ")],
  ["added p99.9 ms", (f) => short(f.addedP999Ms)],
];

interface Section {
  scenario: CellResult["cell"]["scenario"];
  title: (results: BenchResults) => string;
  columns: Column[];
}

const SECTIONS: Section[] = [
  {
    scenario: "sweep",
    title: ({ options }) => `Constant arrival on a ${options.latencyMs} ms mock${streamText(options)}`,
    columns: [
      ["asked RPS", (_f, r) => loadText(r)],
      ...COMMON,
      ...ADDED,
      ["p99 ms", (f) => short(f.p99Ms)],
      ...COST,
    ],
  },
  {
    scenario: "cold",
    title: () => "The first seconds after the start, no warm-up",
    columns: [["asked RPS", (_f, r) => loadText(r)], ...COMMON, ...ADDED, ...COST],
  },
  {
    scenario: "streams",
    title: ({ options }) =>
      `Paced streams: ${options.chunks} events at ${options.eventsPerSecond} a second each, every event a write of its own`,
    columns: [
      ["streams/s", (_f, r) => loadText(r)],
      ...COMMON,
      ["added first byte p50 ms", (f) => short(f.addedFirstByteP50Ms)],
      ["added first byte p99 ms", (f) => short(f.addedFirstByteP99Ms)],
      ["added p50 ms", (f) => short(f.addedP50Ms)],
      ["added p99 ms", (f) => short(f.addedP99Ms)],
      ["CPU µs/stream", (f) => short(f.cpuUsPerRequest)],
      ["CPU µs/event", (f) => (f.cpuUsPerEvent > 0 ? short(f.cpuUsPerEvent) : "-")],
      ["RSS MB", (f) => short(f.maxRssMb)],
      ["errors", (f) => errorText(f.errors)],
    ],
  },
  {
    scenario: "users",
    title: ({ options }) => `Virtual users on a ${options.usersLatencyMs} ms mock${streamText(options)}`,
    columns: [
      ["users", (_f, r) => loadText(r)],
      ...COMMON,
      ["direct RPS", (f) => f.directRps.toFixed(0)],
      ...LATENCY,
      ...COST,
    ],
  },
  {
    scenario: "saturation",
    title: ({ options }) =>
      `Saturation: ${options.saturationConnections} connections, mock answering at once`,
    columns: [
      ["answer", (_f, r) => (r.cell.stream ? `stream of ${r.cell.mock.chunks}` : "plain")],
      ...COMMON,
      ["core busy %", (f) => short(f.busyRatio * 100)],
      ["RPS a whole core", (f) => (f.busyRatio > 0 ? (f.rps / f.busyRatio).toFixed(0) : "-")],
      ["p50 ms", (f) => short(f.p50Ms)],
      ["p99 ms", (f) => short(f.p99Ms)],
      ["CPU µs/request", (f) => short(f.cpuUsPerRequest)],
      ["CPU µs/event", (f) => (f.cpuUsPerEvent > 0 ? short(f.cpuUsPerEvent) : "-")],
      ["generator busy %", (f) => short(f.generatorBusyRatio * 100)],
      ["RSS MB", (f) => short(f.maxRssMb)],
      ["errors", (f) => errorText(f.errors)],
    ],
  },
];

function streamText(options: { stream: boolean; chunks: number }): string {
  return options.stream ? `, streams of ${options.chunks} events` : "";
}

function loadText({ cell }: CellResult): string {
  return String(cell.load.kind === "open" ? cell.load.rps : cell.load.users);
}

function errorText(errors: Readonly<Record<string, number>>): string {
  const parts = Object.entries(errors).map(([kind, count]) => `${kind} ${count}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function sectionTable(section: Section, results: BenchResults): string {
  const titles = new Map(results.contestants.map(({ name, title }) => [name, title]));
  const rows = results.cells
    .filter((cell) => cell.cell.scenario === section.scenario)
    .map((cell) => {
      const title = titles.get(cell.contestant) ?? cell.contestant;
      const figures = figuresOf(cell);
      if (figures === undefined) {
        const [first = "", ...others] = section.columns.map(() => "-");
        return [title, loadText(cell) || first, ...others.slice(0, -1), cell.skipped ?? "not measured"];
      }
      const mark = figures.invalid.length > 0 ? " (invalid)" : "";
      return [title + mark, ...section.columns.map(([, text]) => text(figures, cell))];
    });
  return rows.length === 0 ? "" : markdownTable(["gateway", ...section.columns.map(([head]) => head)], rows);
}

function validityNotes(results: BenchResults): string[] {
  return results.cells.flatMap((cell) => {
    const figures = figuresOf(cell);
    if (figures === undefined) return [];
    const { invalid, discardedPairs } = figures;
    const [first] = invalid;
    return [
      ...(first === undefined
        ? []
        : [
            `- ${cell.contestant}, ${cell.key}: invalid, ${first}${invalid.length > 1 ? ` and ${invalid.length - 1} more` : ""}`,
          ]),
      ...(discardedPairs === 0
        ? []
        : [
            `- ${cell.contestant}, ${cell.key}: ${discardedPairs} pairs measured again because the generator was late`,
          ]),
    ];
  });
}

function machineText({ machine, pinning, startedAt, wallSeconds, options }: BenchResults): string {
  return [
    `- machine: ${machine.cpuModel}, ${machine.cores} cores, ${machine.memoryMb} MB, ${machine.kernel}`,
    `- Node ${machine.node}, commit ${machine.commit.slice(0, 12)}${machine.dirty ? " with uncommitted changes" : ""}`,
    `- started ${startedAt}, took ${Math.round(wallSeconds)} s: \`${machine.commandLine}\``,
    `- ${pinning}`,
    `- ${options.runs} runs of ${options.durationMs / 1000} s a side, prompt of ${options.promptBytes} bytes, load by ${options.tool}`,
  ].join("\n");
}

function contestantTable(results: BenchResults): string {
  const rows = [
    ...results.contestants.map((c) => [
      c.title,
      c.version || "-",
      short(c.startMs),
      short(c.idleRssMb),
      c.note,
    ]),
    ...results.missing.map((m) => [m.title, "-", "-", "-", m.reason]),
  ];
  return markdownTable(["gateway", "version", "start to first answer ms", "idle RSS MB", "note"], rows);
}

/** The whole report as Markdown. */
export function renderTable(results: BenchResults): string {
  const sections = SECTIONS.flatMap((section) => {
    const table = sectionTable(section, results);
    return table === "" ? [] : [`## ${section.title(results)}\n\n${table}`];
  });
  const notes = validityNotes(results);
  return `${[
    "# Bench results",
    machineText(results),
    'Figures are medians over the runs. "Added" is the gateway\'s percentile minus the same percentile of the mock called directly in the same run, in turns. Open-loop latency counts from the time a request was due. RSS is the highest sum over the process tree.',
    contestantTable(results),
    ...sections,
    ...(notes.length === 0 ? [] : [`## Validity\n\n${notes.join("\n")}`]),
  ].join("\n\n")}\n`;
}
