import type { TopLevelSpec } from "vega-lite";
import { markdownTable, percent, short } from "../report/markdown.ts";
import type { Plot } from "../report/plot-specs.ts";
import { STEPS } from "./call-work.ts";
import { BODY_SIZES, type BodySize } from "./protocol.ts";
import { type GilResults, speedUp } from "./results.ts";

const STEP_COLUMNS = [...STEPS, "pool"] as const;

function titleOf(results: GilResults, runtime: string): string {
  return results.runtimes.find(({ name }) => name === runtime)?.title ?? runtime;
}

function rateTable(results: GilResults, size: BodySize): string {
  const rows = results.runtimes.flatMap(({ name, title }) =>
    results.options.threads.map((threads) => {
      const mine = results.rates.filter(
        (row) => row.runtime === name && row.size === size && row.threads === threads,
      );
      const cells = STEP_COLUMNS.map((step) => {
        const row = mine.find((candidate) => candidate.step === step);
        return row === undefined
          ? "-"
          : `${short(row.perSecond)} (×${speedUp(results.rates, row).toFixed(2)})`;
      });
      return [title, String(threads), ...cells];
    }),
  );
  return markdownTable(["calls a second (× over the fewest)", "threads", ...STEP_COLUMNS], rows);
}

function memoryTable(results: GilResults): string {
  const rows = results.runtimes.flatMap(({ name, title }) =>
    results.options.threads.map((threads) => {
      const cells = STEP_COLUMNS.map((step) => {
        const row = results.rates.find(
          (candidate) =>
            candidate.runtime === name &&
            candidate.threads === threads &&
            candidate.step === step &&
            candidate.size === "big",
        );
        return row === undefined ? "-" : short(row.pssMb);
      });
      return [title, String(threads), ...cells];
    }),
  );
  return markdownTable(["PSS MB after the big step", "threads", ...STEP_COLUMNS], rows);
}

function tailTable(results: GilResults): string {
  const rows = results.tails.map((row) => [
    titleOf(results, row.runtime),
    String(row.threads),
    row.load === "none" ? "alone" : "beside big calls",
    ...[row.p50Ms, row.p95Ms, row.p99Ms, row.maxMs].map(short),
    row.load === "none" ? "-" : short(row.bigPerSecond),
    short(row.rssMb),
  ]);
  return markdownTable(
    ["small calls", "threads", "load", "p50 ms", "p95 ms", "p99 ms", "max ms", "big calls/s", "RSS MB"],
    rows,
  );
}

function gatewayTable(results: GilResults): string {
  const rows = results.gateways.map((row) => [
    row.gateway,
    String(row.workers),
    row.rps.toFixed(0),
    short(row.p99Ms),
    short(row.mixedSmallP50Ms),
    short(row.mixedSmallP99Ms),
    short(row.mixedBigRps),
    percent(row.successRatio),
    short(row.rssMb),
  ]);
  return markdownTable(
    [
      "gateway",
      "processes",
      "RPS, 64 connections",
      "p99 ms",
      "small p50 ms beside big",
      "small p99 ms beside big",
      "big RPS",
      "success %",
      "RSS MB",
    ],
    rows,
  );
}

/** The whole comparison as Markdown. */
export function renderGilTable(results: GilResults): string {
  const { machine, options } = results;
  const kb = (bytes: number): string => `${short(bytes / 1024)} KB`;
  return `${[
    "# Worker threads against the GIL",
    [
      `- machine: ${machine.cpuModel}, ${machine.cores} cores, ${machine.memoryMb} MB, ${machine.kernel}`,
      `- commit ${machine.commit.slice(0, 12)}${machine.dirty ? " with uncommitted changes" : ""}, \`${machine.commandLine}\``,
      ...results.runtimes.map(({ title, version, gil }) => `- ${title}: ${version}${gil ? ", GIL" : ""}`),
      ...results.missing.map(({ title, reason }) => `- ${title}: missing, ${reason}`),
      `- tokens on the Node side: ${results.nodeTokenizer}; on the Python side: tiktoken, with the same ranks`,
    ].join("\n"),
    'Every runtime does the same work on the same bodies and must find the same tokens, matches and answer length. "call" is all steps in one thread\'s own loop; "pool" is whole calls handed from the main thread to a pool and back. Threads beyond the cores cannot speed anything up.',
    ...BODY_SIZES.map(
      (size) =>
        `## ${size === "small" ? `Small calls (${kb(options.smallBytes)})` : `Big calls (${kb(options.bigBytes)})`}\n\n${rateTable(results, size)}`,
    ),
    `## Memory\n\n${memoryTable(results)}`,
    `## Small calls on the main thread (${options.smallPerSecond} a second), alone and beside big ones\n\n${tailTable(results)}`,
    ...(results.gateways.length === 0 ? [] : [`## Whole gateways\n\n${gatewayTable(results)}`]),
  ].join("\n\n")}\n`;
}

const BASE = { $schema: "https://vega.github.io/schema/vega-lite/v6.json", background: "white" } as const;
const COLOR = { field: "runtime", type: "nominal", title: null, sort: null } as const;
const PANEL = { width: 170, height: 150 } as const;

function speedUpSpec(results: GilResults, size: BodySize): TopLevelSpec {
  const values = results.rates
    .filter((row) => row.size === size)
    .map((row) => ({
      runtime: titleOf(results, row.runtime),
      step: row.step,
      threads: row.threads,
      speedUp: speedUp(results.rates, row),
    }));
  return {
    ...BASE,
    title: `Speed-up by threads, ${size} calls`,
    data: { values },
    facet: { field: "step", type: "nominal", sort: [...STEP_COLUMNS], title: null },
    columns: 4,
    spec: {
      ...PANEL,
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "threads", type: "ordinal", title: "threads", axis: { labelAngle: 0 } },
        y: { field: "speedUp", type: "quantitative", title: "times the fewest" },
        color: COLOR,
      },
    },
  };
}

function memorySpec(results: GilResults): TopLevelSpec {
  const values = results.rates
    .filter((row) => row.step === "pool" && row.size === "big")
    .map((row) => ({ runtime: titleOf(results, row.runtime), threads: row.threads, pss: row.pssMb }));
  return {
    ...BASE,
    width: 420,
    height: 260,
    title: "Memory by threads, tokeniser loaded",
    data: { values },
    mark: { type: "line", point: true },
    encoding: {
      x: { field: "threads", type: "ordinal", title: "threads or processes", axis: { labelAngle: 0 } },
      y: { field: "pss", type: "quantitative", title: "PSS, MB" },
      color: COLOR,
    },
  };
}

function tailSpec(results: GilResults): TopLevelSpec {
  const values = results.tails.map((row) => ({
    runtime: titleOf(results, row.runtime),
    threads: row.threads,
    load: row.load === "none" ? "alone" : "beside big calls",
    p99: row.p99Ms,
  }));
  return {
    ...BASE,
    title: "p99 of small calls while big prompts are counted",
    data: { values },
    facet: { field: "threads", type: "nominal", title: "threads" },
    columns: 2,
    spec: {
      width: 260,
      height: 160,
      mark: "bar",
      encoding: {
        x: { field: "p99", type: "quantitative", title: "ms" },
        y: { field: "runtime", type: "nominal", title: null, sort: null },
        yOffset: { field: "load", type: "nominal" },
        color: { field: "load", type: "nominal", title: null },
      },
    },
  };
}

export function gilPlots(results: GilResults): Plot[] {
  return [
    ...BODY_SIZES.map((size) => ({ name: `gil-speed-up-${size}`, spec: speedUpSpec(results, size) })),
    { name: "gil-memory", spec: memorySpec(results) },
    { name: "gil-tail", spec: tailSpec(results) },
  ];
}
