import type { MachineRecord } from "../measure/machine.ts";
import { median } from "../measure/statistics.ts";
import { machineLines } from "../report/machine-lines.ts";
import { markdownTable, short } from "../report/markdown.ts";
import { OWNERS, type Owner } from "./frames.ts";
import type { ProfileKind, ProfileOptions } from "./options.ts";
import type { NativeSplit } from "./outside-tools.ts";
import { mainThreadUsOf, type ProfileRun } from "./run.ts";
import { costsByFunction, type FunctionCost, weightByOwner } from "./stacks.ts";

/** What `results.json` of a profile holds: all by request, times in µs of the main thread. */
export interface ProfileResults {
  format: 1;
  kind: "profile";
  /** ISO time of the start. */
  startedAt: string;
  wallSeconds: number;
  machine: MachineRecord;
  pinning: string;
  options: ProfileOptions;
  unwatched: ProfileRun["unwatched"];
  cpuUs: number;
  mainThreadUs: number;
  nginxUs: number | null;
  usByOwner: Partial<Record<Owner, number>>;
  mostSelf: FunctionCost[];
  mostInclusive: FunctionCost[];
  allocatedBytes: number;
  bytesByOwner: Partial<Record<Owner, number>>;
  mostAllocating: FunctionCost[];
  gc: GcFigures[];
  /** µs by part; null without perf. */
  split: { part: string; us: number }[] | null;
  /** Null without strace. */
  syscalls: SyscallFigure[] | null;
  problems: string[];
}

interface GcFigures {
  kind: string;
  perThousandRequests: number;
  medianMs: number;
  longestMs: number;
  usPerRequest: number;
}

interface SyscallFigure {
  name: string;
  gateway: number;
  nginx: number | null;
}

const MOST_FUNCTIONS = 25;
const LEAST_SYSCALLS = 0.005;
const WORDS: Readonly<Record<ProfileKind, string>> = {
  plain: "a plain request",
  stream: "a stream of 100 chunks",
  translated: "a stream of 100 chunks, translated from Anthropic's wire to OpenAI's",
};

export interface ProfileRecord {
  startedAt: Date;
  machine: MachineRecord;
  options: ProfileOptions;
}

/** Shares of samples become µs and bytes of one request. */
export function profileResults(
  run: ProfileRun,
  { startedAt, machine, options }: ProfileRecord,
): ProfileResults {
  const mainThreadUs = mainThreadUsOf(run);
  const toUs = mainThreadUs / run.cpu.total;
  const toBytes = 1 / run.heap.requests;
  const functions = scaled(costsByFunction(run.cpu), toUs);
  const allocating = scaled(costsByFunction(run.heap.seen), toBytes);
  const nginx = run.unwatched.flatMap(({ nginxUs }) => nginxUs ?? []);
  return {
    format: 1,
    kind: "profile",
    startedAt: startedAt.toISOString(),
    wallSeconds: (Date.now() - startedAt.getTime()) / 1000,
    ...{ machine, pinning: run.pinning, options, unwatched: run.unwatched },
    cpuUs: median(run.unwatched.map(({ cpuUs }) => cpuUs)),
    mainThreadUs,
    nginxUs: nginx.length === 0 ? null : median(nginx),
    usByOwner: byOwner(weightByOwner(run.cpu), toUs),
    mostSelf: mostBy(functions, "self"),
    mostInclusive: mostBy(functions, "inclusive"),
    allocatedBytes: run.heap.seen.total * toBytes,
    bytesByOwner: byOwner(weightByOwner(run.heap.seen), toBytes),
    mostAllocating: mostBy(allocating, "self"),
    gc: gcFigures(run.gc),
    split: run.split === undefined ? null : splitUs(run.split, mainThreadUs),
    syscalls: syscallFigures(run),
    problems: run.problems,
  };
}

function scaled(costs: readonly FunctionCost[], factor: number): FunctionCost[] {
  return costs.map((cost) => ({ ...cost, self: cost.self * factor, inclusive: cost.inclusive * factor }));
}

function mostBy(costs: readonly FunctionCost[], by: "self" | "inclusive"): FunctionCost[] {
  return [...costs].sort((a, b) => b[by] - a[by] || (a.title < b.title ? -1 : 1)).slice(0, MOST_FUNCTIONS);
}

function byOwner(weights: ReadonlyMap<Owner, number>, factor: number): Partial<Record<Owner, number>> {
  const sorted = [...weights].filter(([, weight]) => weight > 0).sort((a, b) => b[1] - a[1]);
  return Object.fromEntries(sorted.map(([owner, weight]) => [owner, weight * factor]));
}

function gcFigures({ requests, seen }: ProfileRun["gc"]): GcFigures[] {
  return [...new Set(seen.map(({ kind }) => kind))].sort().map((kind) => {
    const pausesMs = seen.filter((pause) => pause.kind === kind).map(({ ms }) => ms);
    return {
      kind,
      perThousandRequests: (pausesMs.length * 1000) / requests,
      medianMs: median(pausesMs),
      longestMs: Math.max(...pausesMs),
      usPerRequest: (pausesMs.reduce((sum, ms) => sum + ms, 0) * 1000) / requests,
    };
  });
}

function splitUs(split: readonly NativeSplit[], mainThreadUs: number): { part: string; us: number }[] {
  const all = split.reduce((sum, { samples }) => sum + samples, 0);
  return split.map(({ part, samples }) => ({ part, us: (samples / all) * mainThreadUs }));
}

function syscallFigures({ syscalls, nginxSyscalls }: ProfileRun): SyscallFigure[] | null {
  if (syscalls === undefined) return null;
  const ours = new Map(syscalls.seen.map(({ name, calls }) => [name, calls / syscalls.requests]));
  const theirs = new Map(
    nginxSyscalls?.seen.map(({ name, calls }) => [name, calls / nginxSyscalls.requests]),
  );
  return [...new Set([...ours.keys(), ...theirs.keys()])]
    .map((name) => ({
      name,
      gateway: ours.get(name) ?? 0,
      nginx: nginxSyscalls === undefined ? null : (theirs.get(name) ?? 0),
    }))
    .filter(({ gateway, nginx }) => gateway >= LEAST_SYSCALLS || (nginx ?? 0) >= LEAST_SYSCALLS);
}

/** All tables, as they go into `table.md`. */
export function renderProfile(results: ProfileResults): string {
  const { options, machine, cpuUs, mainThreadUs, nginxUs, unwatched } = results;
  const others = unwatched.map(({ otherCores }) => short(otherCores)).join(", ");
  return `${[
    `# Where ${WORDS[options.kind]} spends its time`,
    [
      machineLines(machine),
      `- ${results.pinning}; other programs used ${others} cores`,
      ...[...new Set(results.problems)].slice(0, MOST_FUNCTIONS).map((problem) => `- note: ${problem}`),
    ].join("\n"),
    `CPU of a request, unwatched: ${short(cpuUs)} µs, of which ${short(mainThreadUs)} µs on the main thread${
      nginxUs === null
        ? ""
        : `; nginx ${short(nginxUs)} µs in the same minutes, ratio ${short(cpuUs / nginxUs)}`
    }. Times below are shares of samples of the main thread, scaled to that.`,
    "## By owner",
    ownerTable(results.usByOwner, "µs"),
    ...splitSection(results.split),
    "## Most time in themselves",
    functionTable(results.mostSelf, ["self µs", "inclusive µs"]),
    "## Most time with what they call",
    functionTable(results.mostInclusive, ["self µs", "inclusive µs"]),
    "## Allocation",
    `${Math.round(results.allocatedBytes)} bytes a request on V8's heap, those included that are garbage by now.`,
    ownerTable(results.bytesByOwner, "bytes"),
    functionTable(results.mostAllocating, ["self bytes", "inclusive bytes"]),
    "## Collection of garbage",
    gcTable(results.gc),
    ...syscallSection(results.syscalls),
  ].join("\n\n")}\n`;
}

function ownerTable(amounts: Partial<Record<Owner, number>>, unit: string): string {
  const all = Object.values(amounts).reduce((sum, amount) => sum + amount, 0);
  const rows = (Object.keys(OWNERS) as Owner[]).flatMap((owner) => {
    const amount = amounts[owner];
    return amount === undefined ? [] : [{ owner, amount }];
  });
  rows.sort((a, b) => b.amount - a.amount);
  return markdownTable(
    ["owner", unit, "share"],
    rows.map(({ owner, amount }) => [OWNERS[owner], short(amount), `${((amount / all) * 100).toFixed(1)} %`]),
  );
}

function functionTable(costs: readonly FunctionCost[], units: readonly string[]): string {
  return markdownTable(
    ["function", ...units],
    costs.map(({ title, self, inclusive }) => [`\`${title}\``, short(self), short(inclusive)]),
  );
}

function splitSection(split: ProfileResults["split"]): string[] {
  if (split === null) return [];
  const rows = split.map(({ part, us }) => [part, short(us)]);
  return ["## Kernel, native and compiled code (perf)", markdownTable(["innermost frame in", "µs"], rows)];
}

function gcTable(gc: readonly GcFigures[]): string {
  return markdownTable(
    ["kind", "by 1,000 requests", "median pause ms", "longest ms", "µs a request"],
    gc.map((figures) => [
      figures.kind,
      short(figures.perThousandRequests),
      short(figures.medianMs),
      short(figures.longestMs),
      short(figures.usPerRequest),
    ]),
  );
}

function syscallSection(syscalls: ProfileResults["syscalls"]): string[] {
  if (syscalls === null) return [];
  const total = (pick: (figure: SyscallFigure) => number | null): string =>
    short(syscalls.reduce((sum, figure) => sum + (pick(figure) ?? Number.NaN), 0));
  const rows = syscalls.map(({ name, gateway, nginx }) => [name, short(gateway), short(nginx ?? Number.NaN)]);
  return [
    "## System calls of a request (strace)",
    markdownTable(
      ["system call", "Headrace", "nginx"],
      [...rows, ["in all", total(({ gateway }) => gateway), total(({ nginx }) => nginx)]],
    ),
  ];
}
