import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removableFolder } from "../measure/clean-up.ts";
import { quantile } from "../measure/statistics.ts";
import { benchDir } from "../paths.ts";
import { ranksFile } from "./call-work.ts";
import { compareGateways } from "./gateways.ts";
import type { GilOptions } from "./options.ts";
import type { RunnerPlan } from "./protocol.ts";
import { type GatewayRow, type GilResults, medianRows, type RateRow, type TailRow } from "./results.ts";
import { type Reported, runRunner } from "./run-runner.ts";
import { findRuntimes, type Runtime } from "./runtimes.ts";
import { sampleBody } from "./sample-text.ts";

export type GilMeasurements = Pick<GilResults, "runtimes" | "missing" | "rates" | "tails" | "gateways">;

export interface GilSessionOptions {
  gil: GilOptions;
  log(line: string): void;
}

const ENCODING = "o200k_base";

/** Measures every runtime that is there on every number of threads, in rounds, so that drift hits all alike. */
export async function runGilSession(options: GilSessionOptions): Promise<GilMeasurements> {
  const { gil, log } = options;
  const workDir = mkdtempSync(join(tmpdir(), "headrace-gil-"));
  const removeWorkDir = removableFolder(workDir);
  const { found, missing } = findRuntimes(gil);
  for (const { title, reason } of missing) log(`${title}: missing (${reason})`);
  const result: GilMeasurements = { runtimes: [], missing, rates: [], tails: [], gateways: [] };
  let agreed: string | undefined;
  try {
    for (let run = 1; run <= gil.runs; run++) {
      for (const threads of gil.threads) {
        for (const runtime of found) {
          const plan = writePlan(workDir, gil, { mode: runtime.mode, threads });
          const measured = await measureRuntime(runtime, plan);
          agreed ??= measured.facts;
          checkSameWork(runtime, measured.facts, agreed);
          addRuntime(result, runtime, measured);
          log(`round ${run}/${gil.runs}, ${runtime.title} on ${threads}: ${summaryOf(measured)}`);
        }
      }
    }
    result.rates = medianRows(result.rates, (row) => `${row.runtime} ${row.threads} ${row.size} ${row.step}`);
    result.tails = medianRows(result.tails, (row) => `${row.runtime} ${row.threads} ${row.load}`);
    if (!gil.cpuOnly) result.gateways = await gatewayRows(options, result);
    return result;
  } finally {
    removeWorkDir();
  }
}

/** What one runtime gave in one round. */
interface RuntimeResult {
  /** JSON of what the work found. */
  facts: string;
  version: string;
  gil: boolean;
  rates: RateRow[];
  tails: TailRow[];
}

async function measureRuntime(runtime: Runtime, plan: RunnerPlan): Promise<RuntimeResult> {
  const reported = await runRunner(runtime.command, runtime.throughput, plan);
  const ready = reported.map(({ message }) => message).find(({ kind }) => kind === "ready");
  if (ready?.kind !== "ready") throw new Error(`${runtime.title} reported nothing`);
  return {
    facts: JSON.stringify(ready.facts),
    version: ready.runtime,
    gil: ready.gil,
    rates: rateRows(runtime, plan.threads, reported),
    tails: tailRows(runtime, plan.threads, await runRunner(runtime.command, runtime.tail, plan)),
  };
}

/** A runtime that counts other tokens or finds other matches does other work, and its speed says nothing. */
function checkSameWork(runtime: Runtime, facts: string, agreed: string): void {
  if (facts !== agreed) throw new Error(`${runtime.title} does other work: ${facts} instead of ${agreed}`);
}

function writePlan(
  workDir: string,
  gil: GilOptions,
  { mode, threads }: Pick<RunnerPlan, "mode" | "threads">,
): RunnerPlan {
  const bodies = { small: join(workDir, "small.json"), big: join(workDir, "big.json") };
  writeFileSync(bodies.small, sampleBody(gil.smallBytes));
  writeFileSync(bodies.big, sampleBody(gil.bigBytes));
  return {
    mode,
    threads,
    seconds: gil.seconds,
    bodies,
    patterns: join(benchDir, "gil", "patterns.json"),
    ranks: ranksFile(ENCODING),
    smallPerSecond: gil.smallPerSecond,
  };
}

function rateRows(runtime: Runtime, threads: number, reported: readonly Reported[]): RateRow[] {
  return reported.flatMap(({ message, memory }) => {
    if (message.kind !== "rate") return [];
    const { size, step, perSecond } = message;
    return [{ runtime: runtime.name, threads, size, step, perSecond, ...memory }];
  });
}

function tailRows(runtime: Runtime, threads: number, reported: readonly Reported[]): TailRow[] {
  return reported.flatMap(({ message, memory }) => {
    if (message.kind !== "tail") return [];
    const at = (part: number): number => quantile(message.latenciesMs, part);
    return [
      {
        runtime: runtime.name,
        threads,
        load: message.load,
        p50Ms: at(0.5),
        p95Ms: at(0.95),
        p99Ms: at(0.99),
        maxMs: at(1),
        bigPerSecond: message.bigPerSecond,
        rssMb: memory.rssMb,
      },
    ];
  });
}

function addRuntime(result: GilMeasurements, runtime: Runtime, measured: RuntimeResult): void {
  const { version, gil, rates, tails } = measured;
  const { name, title } = runtime;
  if (!result.runtimes.some((known) => known.name === name))
    result.runtimes.push({ name, title, version, gil });
  result.rates.push(...rates);
  result.tails.push(...tails);
}

function summaryOf({ rates, tails }: RuntimeResult): string {
  const rate = rates.find((row) => row.size === "small" && row.step === "call");
  const tail = tails.find((row) => row.load === "big");
  return `${rate?.perSecond.toFixed(0)} small calls/s, p99 of small ones beside big ones ${tail?.p99Ms.toFixed(1)} ms`;
}

async function gatewayRows(options: GilSessionOptions, result: GilMeasurements): Promise<GatewayRow[]> {
  const { rows, missing } = await compareGateways(options);
  result.missing.push(...missing);
  return rows;
}
