import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Bed } from "../figures/bed.ts";
import { jobFor, startNginx } from "../figures/cpu.ts";
import { type StartedGateway, startGateway, TRANSLATED_MODEL } from "../figures/gateway.ts";
import { otherCores, readMachineLoad } from "../figures/machine-load.ts";
import { measureJob, problemsOf } from "../figures/measured-job.ts";
import { parseSchedstatMs } from "../measure/proc-parse.ts";
import { median } from "../measure/statistics.ts";
import { entryModule } from "../paths.ts";
import type { Contestant } from "../peers/start.ts";
import type { ProfileKind, ProfileOptions } from "./options.ts";
import {
  canRun,
  countSyscalls,
  type NativeSplit,
  PERF_NODE_FLAGS,
  perfSplit,
  removePerfMap,
  type SyscallCount,
} from "./outside-tools.ts";
import type { GcPause, ProbeKind } from "./probe.ts";
import {
  type CpuProfile,
  type HeapProfile,
  mergeCpuProfiles,
  mergeHeapProfiles,
  type Stack,
} from "./stacks.ts";

/** CPU of a request on a gateway that nobody watches, beside nginx's in turn. */
export interface UnwatchedRun {
  /** All threads of the gateway. */
  cpuUs: number;
  /** Its main thread, which is what the profiles are of. */
  mainThreadUs: number;
  nginxUs?: number;
  /** Cores that other programs used meanwhile. */
  otherCores: number;
}

/** What a tool told, and by how many requests it is to be divided. */
export interface PerRequest<T> {
  requests: number;
  seen: T;
}

export interface ProfileRun {
  pinning: string;
  unwatched: UnwatchedRun[];
  cpu: Stack;
  heap: PerRequest<Stack>;
  gc: PerRequest<GcPause[]>;
  /** Absent when perf is not installed, or may not look. */
  split?: NativeSplit[];
  /** Absent when strace is not installed, or may not look. */
  syscalls?: PerRequest<SyscallCount[]>;
  nginxSyscalls?: PerRequest<SyscallCount[]>;
  /** Of what could not be measured, and why figures must not be used. */
  problems: string[];
}

const PROBE_TIMEOUT_MS = 60_000;
const PROBE_LOOK_EVERY_MS = 10;

interface Profiled extends ProfileOptions {
  bed: Bed;
  problems: string[];
}

/** Every probe has gateways of its own, so that none is measured with another at work. */
export async function profileGateway(bed: Bed, options: ProfileOptions): Promise<ProfileRun> {
  const problems: string[] = [];
  const profiled: Profiled = { ...options, bed, problems };
  const nginx = await startNginx(bed);
  try {
    const unwatched = await measureUnwatched(profiled, nginx);
    const cpu = await probeRuns<CpuProfile>(profiled, "cpu");
    const heap = await probeRuns<HeapProfile>(profiled, "heap");
    const gc = await probeRuns<GcPause[]>(profiled, "gc");
    const split = await takeSplit(profiled);
    const syscalls = await takeSyscalls(profiled, nginx);
    return {
      pinning: bed.pinning.description,
      unwatched,
      cpu: mergeCpuProfiles(cpu.map(({ seen }) => seen)),
      heap: { requests: requestsOf(heap), seen: mergeHeapProfiles(heap.map(({ seen }) => seen)) },
      gc: { requests: requestsOf(gc), seen: gc.flatMap(({ seen }) => seen) },
      ...(split.length === 0 ? {} : { split }),
      ...syscalls,
      problems,
    };
  } finally {
    await nginx?.stop();
  }
}

function requestsOf(runs: readonly PerRequest<unknown>[]): number {
  return runs.reduce((sum, { requests }) => sum + requests, 0);
}

/** Both kinds of streams go through nginx alike: it passes on what comes. */
function targetOf<T extends Contestant>(target: T, kind: ProfileKind): T {
  return kind === "translated" && target.name === "headrace"
    ? { ...target, model: TRANSLATED_MODEL }
    : target;
}

/** Loads the target for a while, and gives back how many requests it answered. */
async function load(profiled: Profiled, to: Contestant, durationMs: number): Promise<number> {
  const { bed, kind, problems } = profiled;
  const target = targetOf(to, kind);
  const job = jobFor(bed, { target, kind: kind === "plain" ? "plain" : "stream", durationMs });
  const result = await bed.generator.run(job);
  problems.push(...problemsOf(`${kind} through ${to.title}`, result));
  return result.succeeded;
}

interface Watch {
  nodeFlags?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** A freshly started and warmed-up gateway. */
async function withWarmGateway<T>(
  profiled: Profiled,
  watch: Watch,
  use: (gateway: StartedGateway) => Promise<T>,
): Promise<T> {
  const { gatewayProgram: program, mock, workDir, pinning } = profiled.bed;
  const gateway = await startGateway({
    program,
    mockPort: mock.port,
    workDir,
    cpus: pinning.gateway,
    ...watch,
  });
  try {
    await load(profiled, gateway, profiled.warmupMs);
    return await use(gateway);
  } finally {
    await gateway.stop();
  }
}

async function measureUnwatched(profiled: Profiled, nginx: Contestant | undefined): Promise<UnwatchedRun[]> {
  const runs: UnwatchedRun[] = [];
  for (let run = 0; run < profiled.runs; run++) {
    const nginxUs = nginx === undefined ? undefined : await cpuOf(profiled, nginx);
    const loadBefore = readMachineLoad();
    const gateway = await withWarmGateway(profiled, {}, (started) => cpuOf(profiled, started));
    runs.push({
      cpuUs: gateway.cpuUs,
      mainThreadUs: gateway.mainThreadUs,
      ...(nginxUs === undefined ? {} : { nginxUs: nginxUs.cpuUs }),
      otherCores: otherCores(loadBefore, readMachineLoad()),
    });
    profiled.bed.log(`unwatched: ${gateway.cpuUs.toFixed(1)} µs a request`);
  }
  return runs;
}

async function cpuOf(profiled: Profiled, to: Contestant): Promise<{ cpuUs: number; mainThreadUs: number }> {
  const { bed, kind, sliceMs, problems } = profiled;
  const pid = to.pid ?? 0;
  const target = targetOf(to, kind);
  const job = jobFor(bed, { target, kind: kind === "plain" ? "plain" : "stream", durationMs: sliceMs });
  const before = mainThreadMs(pid);
  const { cpuUs, result } = await measureJob({ generator: bed.generator, job, pid });
  problems.push(...problemsOf(`${kind} through ${to.title}`, result));
  return { cpuUs, mainThreadUs: ((mainThreadMs(pid) - before) * 1000) / result.succeeded };
}

function mainThreadMs(pid: number): number {
  return parseSchedstatMs(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8"));
}

/** One gateway a run, watched from the first request after the warm-up to the last. */
async function probeRuns<T>(profiled: Profiled, probe: ProbeKind): Promise<PerRequest<T>[]> {
  const { bed, runs, sliceMs } = profiled;
  const results: PerRequest<T>[] = [];
  for (let run = 0; run < runs; run++) {
    const file = join(bed.workDir, `${probe}-${run}.json`);
    const watch: Watch = {
      nodeFlags: ["--import", pathToFileURL(entryModule(import.meta.url, "./probe")).href],
      env: { HEADRACE_PROBE: probe, HEADRACE_PROBE_FILE: file },
    };
    const result = await withWarmGateway(profiled, watch, async (gateway) => {
      process.kill(gateway.pid, "SIGUSR2");
      await untilThere(`${file}.started`);
      const requests = await load(profiled, gateway, sliceMs);
      process.kill(gateway.pid, "SIGUSR2");
      await untilThere(file);
      return { requests, seen: JSON.parse(readFileSync(file, "utf8")) as T };
    });
    rmSync(file);
    bed.log(`${probe}: ${result.requests} requests`);
    results.push(result);
  }
  return results;
}

async function untilThere(file: string): Promise<void> {
  const deadlineMs = performance.now() + PROBE_TIMEOUT_MS;
  while (!existsSync(file)) {
    if (performance.now() > deadlineMs) throw new Error("the probe inside the gateway did not answer");
    await sleep(PROBE_LOOK_EVERY_MS);
  }
}

async function takeSplit(profiled: Profiled): Promise<NativeSplit[]> {
  if (profiled.v8Only) return [];
  if (!canRun("perf")) {
    profiled.problems.push("perf is not installed: no split of kernel, native and compiled code");
    return [];
  }
  const { bed, sliceMs, problems } = profiled;
  const split = await withWarmGateway(profiled, { nodeFlags: PERF_NODE_FLAGS }, async (gateway) => {
    try {
      return await perfSplit(
        gateway.pid,
        bed.workDir,
        async () => void (await load(profiled, gateway, sliceMs)),
      );
    } finally {
      removePerfMap(gateway.pid);
    }
  });
  if (split.length === 0) problems.push("perf may not look at this user's processes: no split");
  return split;
}

async function takeSyscalls(
  profiled: Profiled,
  nginx: Contestant | undefined,
): Promise<Pick<ProfileRun, "syscalls" | "nginxSyscalls">> {
  if (profiled.v8Only) return {};
  if (!canRun("strace")) {
    profiled.problems.push("strace is not installed: no count of system calls");
    return {};
  }
  const count = async (target: Contestant): Promise<PerRequest<SyscallCount[]>> => {
    let requests = 0;
    const seen = await countSyscalls(target.pid ?? 0, profiled.bed.workDir, async () => {
      requests = await load(profiled, target, profiled.sliceMs);
    });
    return { requests, seen };
  };
  const syscalls = await withWarmGateway(profiled, {}, count);
  if (syscalls.seen.length === 0) {
    profiled.problems.push("strace may not look at this user's processes: no count of system calls");
    return {};
  }
  return { syscalls, ...(nginx === undefined ? {} : { nginxSyscalls: await count(nginx) }) };
}

/** µs of the main thread by request, by which the shares of the profiles are scaled. */
export function mainThreadUsOf({ unwatched }: ProfileRun): number {
  return median(unwatched.map(({ mainThreadUs }) => mainThreadUs));
}
