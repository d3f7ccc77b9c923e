import { UsageError } from "../command-line.ts";
import { recordRun } from "../measure/machine.ts";
import { repoDir } from "../paths.ts";
import { resultFolder, writeTable } from "../report/write.ts";
import { compareWithBase } from "./against.ts";
import type { MicroReading } from "./measure.ts";
import { type MicroOptions, parseMicroOptions } from "./options.ts";
import { isTooMuch } from "./ratio.ts";
import { complaint, renderMicro, renderMicroComparison } from "./report.ts";
import type { MicroComparison, MicroResults } from "./results.ts";
import { type JobPlace, listBenches, measureInProcess, openJobPlace, wantedOf } from "./run-job.ts";

export interface MicroOutcome {
  readonly table: string;
  /** Null when nothing is written. */
  readonly folder: string | null;
  /** What is worse than it may be, a line each. */
  readonly complaints: readonly string[];
}

interface Run {
  readonly args: readonly string[];
  readonly place: JobPlace;
  readonly log: (line: string) => void;
}

/**
 * `bench micro`: measures, or compares with another revision, and writes table and readings to a folder of their own.
 *
 * @throws UsageError; Error when a bench fails
 */
export async function runMicroCommand(
  args: readonly string[],
  log: (line: string) => void,
): Promise<MicroOutcome> {
  const options = parseMicroOptions(args);
  const place = openJobPlace();
  try {
    const run = { args, log, place };
    return options.against === null ? await measureAll(options, run) : await compare(options, run);
  } finally {
    place.close();
  }
}

async function measureAll(options: MicroOptions, { args, log, place }: Run): Promise<MicroOutcome> {
  const startedAt = new Date();
  const { benches, problems } = await listBenches(repoDir, place);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const wanted = wantedOf(benches, options.only);
  if (wanted.length === 0)
    throw new UsageError(`--only: no bench has "${options.only.join('" or "')}" in its name`);
  const measured = wanted.map((bench) => ({ bench, readings: [] as MicroReading[] }));
  let outcome: MicroOutcome = { table: "", folder: null, complaints: [] };
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const { bench, readings } of measured)
      readings.push(await measureInProcess({ root: repoDir, bench, plan: options.plan }, place));
    log(`round ${round} of ${options.rounds}`);
    // Written after each, so that a run that is ended early leaves its whole rounds.
    const done = { ...options, rounds: round };
    const results: MicroResults = {
      ...factsOf({ startedAt, options: done, args, pinning: place.description }),
      kind: "micro",
      benches: measured.map(({ bench, readings }) => ({ ...bench, readings: [...readings] })),
    };
    const table = renderMicro(results);
    outcome = { table, folder: write(options, "micro", { results, table }), complaints: [] };
  }
  return outcome;
}

async function compare(options: MicroOptions, { args, log, place }: Run): Promise<MicroOutcome> {
  const startedAt = new Date();
  const compared = await compareWithBase(options, { root: repoDir, place, log });
  if (typeof compared === "string") return { table: `micro: ${compared}\n`, folder: null, complaints: [] };
  const facts = factsOf({ startedAt, options, args, pinning: place.description });
  const comparison: MicroComparison = { ...facts, kind: "micro-against", ...compared };
  const table = renderMicroComparison(comparison);
  const folder = options.ci ? null : write(options, "micro-against", { results: comparison, table });
  return { table, folder, complaints: complaintsOf(comparison, options.failAbove) };
}

function complaintsOf({ changes }: MicroComparison, failAbove: number | null): string[] {
  if (failAbove === null) return [];
  return changes.flatMap(({ id, time, allocated }) => [
    ...(isTooMuch(time, failAbove) ? [complaint(id, "time", time)] : []),
    ...(isTooMuch(allocated, failAbove) ? [complaint(id, "allocated", allocated)] : []),
  ]);
}

interface RunFacts {
  readonly startedAt: Date;
  readonly options: MicroOptions;
  readonly args: readonly string[];
  readonly pinning: string;
}

function factsOf({ startedAt, options, args, pinning }: RunFacts): Omit<MicroResults, "kind" | "benches"> {
  return {
    format: 1,
    ...recordRun(startedAt, ["micro", ...args]),
    pinning,
    rounds: options.rounds,
    plan: options.plan,
  };
}

function write(
  { name }: MicroOptions,
  kind: string,
  { results, table }: { results: MicroResults | MicroComparison; table: string },
): string {
  const folder = resultFolder(name, kind, results.startedAt);
  writeTable(folder, results, table);
  return folder;
}
