import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { processTree } from "../measure/process-tree.ts";
import { repoDir } from "../paths.ts";
import { measureFigures } from "./command.ts";
import { type Figure, figureOf } from "./figure.ts";
import { parseBusyMs } from "./machine-load.ts";
import { parseFigureOptions, SECTIONS } from "./options.ts";
import { type FiguresResults, renderFigures } from "./report.ts";

const BUILT = ["packages/gateway/dist/cli/main.js", "packages/mock-upstream/dist/cli.js"];
const missing = BUILT.filter((entry) => !existsSync(join(repoDir, entry)));

const INPUT = { key: "k", title: "t", unit: "µs", problems: [] } as const;

test("a figure is the median of its runs, held to its limit", () => {
  const figure = figureOf({ ...INPUT, limit: 35, runs: [40, 30, 34] });
  assert.deepEqual([figure.median, figure.min, figure.max, figure.met], [34, 30, 40, "yes"]);
  assert.equal(figureOf({ ...INPUT, limit: 35, runs: [36, 30, 40] }).met, "no");
  assert.equal(figureOf({ ...INPUT, runs: [1] }).met, undefined);
});

test("what went wrong, or was not measured, is never a limit kept", () => {
  assert.equal(figureOf({ ...INPUT, limit: 35, runs: [1], problems: ["late"] }).met, "invalid");
  assert.equal(figureOf({ ...INPUT, limit: 35, runs: [] }).met, "invalid");
  assert.equal(figureOf({ ...INPUT, limit: 35, runs: [Number.NaN] }).met, "invalid");
});

test("the ratio to another server is the median of each run's own", () => {
  const { beside } = figureOf({ ...INPUT, runs: [10, 40, 30], beside: { name: "nginx", runs: [5, 10, 10] } });
  assert.deepEqual(beside, { name: "nginx", runs: [5, 10, 10], median: 10, ratio: 3 });
});

test("busy time is everything in /proc/stat but idle and waiting for disks", () => {
  assert.equal(parseBusyMs("cpu  1 2 4 1000 2000 8 16 32 9000 9000\ncpu0 7 7\n"), 630);
});

test("options: sections by name, and what is wrong said", () => {
  assert.deepEqual(parseFigureOptions([]).only, SECTIONS);
  assert.deepEqual(parseFigureOptions(["--only", "cpu,start-up"]).only, ["cpu", "start-up"]);
  assert.ok(parseFigureOptions(["--quick"]).plan.cpu.sliceMs < parseFigureOptions([]).plan.cpu.sliceMs);
  assert.equal(parseFigureOptions(["--agent-minutes", "0.5"]).plan.agents.durationMs, 30_000);
  assert.throws(() => parseFigureOptions(["--agent-minutes", "long"]), /--agent-minutes is a number/);
  assert.throws(() => parseFigureOptions(["--only", "gpu"]), /--only is one of cpu/);
  assert.throws(() => parseFigureOptions(["--name", "../x"]), /--name/);
});

test("the quick form against the built gateway and mock: every figure, plausible, nothing left behind", {
  skip: missing.length > 0 ? `not built: ${missing.join(", ")}` : false,
}, async () => {
  // Others at work at the same time have theirs elsewhere.
  const scratchDir = mkdtempSync(join(tmpdir(), "headrace-figures-test-"));
  process.env.TMPDIR = scratchDir;
  const args = ["--quick"];
  const results = await measureFigures(parseFigureOptions(args), { args, log: () => {} });
  assertFigures(results);
  assertReadings(results);
  const table = renderFigures(results);
  for (const { title } of figuresIn(results)) assert.ok(table.includes(`| ${title}`), title);
  assert.ok(table.includes("pnpm bench figures --quick"));
  assert.ok(table.includes(results.machine.commit.slice(0, 12)));
  assert.deepEqual(readdirSync(scratchDir), []);
  rmdirSync(scratchDir);
  assert.deepEqual(processTree(process.pid), [process.pid]);
});

function figuresIn({ sections }: FiguresResults): Figure[] {
  return sections.flatMap(({ figures }) => figures);
}

/** What each figure is between on any machine, however loaded. */
const PLAUSIBLE: Record<string, readonly [least: number, most: number]> = {
  "plain-cpu": [5, 2000],
  "plain-rps": [50, 1e6],
  "stream-cpu": [50, 50_000],
  "stream-rps": [2, 1e5],
  "paced-cpu": [50, 50_000],
  "translation-cpu": [50, 50_000],
  "translation-ratio": [0.2, 20],
  "idle-clients-rss": [30, 1000],
  "ready-rss": [30, 1000],
  "memory-ready": [30, 1000],
  "memory-50-rps": [30, 1000],
  "memory-100-rps": [30, 1000],
  "memory-streams": [30, 1000],
  "memory-tokenizer": [1, 500],
  "start-to-ready": [50, 30_000],
  "start-to-answer": [50, 30_000],
  "cold-p99": [0.1, 10_000],
  "cold-ratio": [0.01, 1000],
  "reload-p99": [0.1, 10_000],
  "reload-ratio": [0.01, 1000],
  "replaced-p99": [0.1, 10_000],
  "replaced-ratio": [0.01, 1000],
  "counting-ratio": [0.01, 1e5],
  "counting-p99": [0.1, 10_000],
  "chat-ratio": [0.01, 1e5],
  "chat-p99": [0.1, 10_000],
  "dead-silent-failed": [0, 0.1],
  "dead-silent-p99-rise": [-10_000, 10_000],
  "dead-gone-failed": [0, 0.1],
  "dead-gone-p99-rise": [-10_000, 10_000],
  "hedged-p99-ratio": [0.001, 10],
  "hedged-p99": [1, 10_000],
  "hedged-extra": [0, 10],
  "all-down": [0.1, 10_000],
  "all-down-first": [1000, 30_000],
  "agents-failed": [0, 0],
  "agents-rss-growth": [0.1, 10],
  "agents-p99": [1, 10_000],
};

function assertFigures(results: FiguresResults): void {
  const figures = figuresIn(results);
  assert.deepEqual(figures.map(({ key }) => key).sort(), Object.keys(PLAUSIBLE).sort());
  for (const { key, median, min, max, runs, limit, met } of figures) {
    const [least, most] = PLAUSIBLE[key] ?? [0, 0];
    assert.ok(runs.length > 0 && min <= median && median <= max, key);
    assert.ok(median >= least && median <= most, `${key}: ${median}`);
    assert.equal(met === undefined, limit === undefined, key);
  }
  const medianOf = (key: string): number =>
    figures.find((figure) => figure.key === key)?.median ?? Number.NaN;
  assert.ok(medianOf("stream-cpu") > medianOf("plain-cpu"));
  assert.ok(medianOf("start-to-answer") > medianOf("start-to-ready"));
  assert.ok(medianOf("idle-clients-rss") > medianOf("ready-rss"));
  // A loaded machine may make the generator late; every request must have been answered all the same.
  for (const problem of results.sections.flatMap(({ problems }) => problems)) {
    assert.match(problem, /: generator sent (late|\d+ of \d+)/);
  }
}

function assertReadings(results: FiguresResults): void {
  const readingsOf = (name: string): unknown[] =>
    results.sections.find((section) => section.name === name)?.readings ?? [];
  const { clients } = results.options.plan.idleClients;
  for (const reading of readingsOf("idle-clients") as {
    clients: { open: number; lost: Record<string, number> };
    gatewayOpenFiles: number;
  }[]) {
    assert.deepEqual(reading.clients, { open: clients, lost: {} });
    assert.ok(reading.gatewayOpenFiles >= clients);
  }
  for (const round of readingsOf("big-prompt") as Record<"counting" | "chat", { bigAnswered: number }>[]) {
    assert.ok(round.counting.bigAnswered >= 1 && round.chat.bigAnswered >= 1);
  }
  for (const { kind, gateway } of readingsOf("cpu") as {
    kind: string;
    gateway: { events: number; succeeded: number };
  }[]) {
    // Role event, the chunks, finish event, [DONE].
    const least = kind === "plain" ? 0 : results.options.plan.cpu.chunks + 2;
    assert.ok(gateway.events >= least * gateway.succeeded, kind);
  }
}
