import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { removableFolder } from "../measure/clean-up.ts";
import { detectPinning } from "../measure/pinning.ts";
import { entryModule } from "../paths.ts";
import type { MicroPlan, MicroReading } from "./measure.ts";
import type { BenchList, ListedBench, MicroJob, MicroReply } from "./protocol.ts";

const run = promisify(execFile);

const JOB_PROCESS = entryModule(import.meta.url, "./job-process");
/** The young generation is the one that the gateway starts itself with: how often it is swept is part of every figure. */
const NODE_FLAGS = [
  "--expose-gc",
  "--max-semi-space-size=16",
  "--conditions=headrace-source",
  "--no-warnings",
];
const JOB_TIMEOUT_MS = 120_000;
const SHOWN_ERROR_LINES = 12;

/** Where jobs run. */
export interface JobPlace {
  /** A `taskset` list, or undefined where processes are not pinned. */
  readonly cpus: string | undefined;
  /** A folder for what the compiler has parsed, so that the next process need not. */
  readonly codeCache: string;
  readonly description: string;
  close(): void;
}

/** One core, where the system lets us choose. */
export function openJobPlace(): JobPlace {
  const { gateway } = detectPinning();
  const cpus = gateway === undefined ? undefined : (firstAllowedCpu() ?? gateway);
  const codeCache = mkdtempSync(join(tmpdir(), "headrace-micro-"));
  const description = cpus === undefined ? "not pinned" : `pinned to core ${cpus}`;
  return { cpus, codeCache, description, close: removableFolder(codeCache) };
}

/** A container may have been given other cores than the first. */
function firstAllowedCpu(): string | undefined {
  try {
    return /^Cpus_allowed_list:\s*(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  } catch {
    return undefined;
  }
}

/** @throws Error with what the process said when it failed */
async function runJob(job: MicroJob, { cpus, codeCache }: JobPlace): Promise<MicroReply> {
  const node = [process.execPath, ...NODE_FLAGS, JOB_PROCESS, JSON.stringify(job)];
  const [program = "", ...args] = cpus === undefined ? node : ["taskset", "-c", cpus, ...node];
  try {
    const { stdout } = await run(program, args, {
      timeout: JOB_TIMEOUT_MS,
      cwd: job.root,
      env: { ...process.env, NODE_COMPILE_CACHE: codeCache },
    });
    return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
  } catch (error) {
    throw new Error(whatWasSaid(error));
  }
}

function whatWasSaid(error: unknown): string {
  const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
  if (said === "") return error instanceof Error ? error.message : String(error);
  return said.split("\n").slice(0, SHOWN_ERROR_LINES).join("\n");
}

/** All benches of a checkout; in a process of its own, for two revisions would share what they import. */
export async function listBenches(root: string, place: JobPlace): Promise<BenchList> {
  const reply = await runJob({ kind: "list", root }, place);
  if (reply.kind !== "list") throw new Error("the benches were not listed");
  return reply;
}

/** Those with one of these in their names, or all. */
export function wantedOf(benches: readonly ListedBench[], only: readonly string[]): ListedBench[] {
  return benches.filter(({ id }) => only.length === 0 || only.some((part) => id.includes(part)));
}

export interface MeasuredBench {
  readonly root: string;
  readonly bench: ListedBench;
  readonly plan: MicroPlan;
}

/** @throws Error when the bench fails, or gives a wrong result */
export async function measureInProcess(
  { root, bench, plan }: MeasuredBench,
  place: JobPlace,
): Promise<MicroReading> {
  const reply = await runJob({ kind: "measure", root, file: bench.file, id: bench.id, plan }, place);
  if (reply.kind !== "reading") throw new Error(`${bench.id} was not measured`);
  return reply.reading;
}
