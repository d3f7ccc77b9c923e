import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenLoopJob } from "../load/job.ts";
import { processTree } from "../measure/process-tree.ts";
import { requestTo } from "../peers/start.ts";
import type { Bed } from "./bed.ts";
import { jobFor } from "./cpu.ts";
import { type Figure, figureOf, ratiosOf } from "./figure.ts";
import { type StartedGateway, startGateway, untilComplete } from "./gateway.ts";
import { type MeasuredJob, measureJob, problemsOf, untilValid } from "./measured-job.ts";

/** The tail of the first seconds after a change, by the tail of the same gateway when it is warm. */
const LIMIT_RATIO = 2;
const TIMEOUT_MS = 10_000;
const RELOAD_AFTER_MS = 500;
/** One to die and one that serves meanwhile. */
const PROCESSES = 2;

/** The tail of the seconds after a change and of warm ones on the same gateway. */
export interface FirstSeconds {
  p99Ms: number;
  warmP99Ms: number;
  problems: string[];
  otherCores: number[];
}

/** On a gateway that has just come up: its first seconds, warm ones, and those in which it reads its config anew. */
export async function measureStartAndReload(
  bed: Bed,
  gateway: StartedGateway,
): Promise<Record<"start" | "reload", FirstSeconds>> {
  const first = await measureFirst(bed, gateway);
  const warm = await measureWarm(bed, gateway);
  const [reloaded] = await Promise.all([
    measureFirst(bed, gateway),
    sleep(RELOAD_AFTER_MS).then(() => process.kill(gateway.pid, "SIGHUP")),
  ]);
  if (!readFileSync(join(gateway.workDir, "server.log"), "utf8").includes("configuration reloaded")) {
    throw new Error("the gateway did not read its config anew on SIGHUP");
  }
  return { start: firstSecondsOf(first, warm), reload: firstSecondsOf(reloaded, warm) };
}

/** One of two processes is killed; the seconds after its successor is in service, on connections of their own. */
export async function measureReplacement(bed: Bed): Promise<FirstSeconds> {
  const { gatewayProgram: program, mock, workDir, pinning } = bed;
  const options = { program, mockPort: mock.port, workDir, cpus: pinning.gateway, processes: PROCESSES };
  const gateway = await startGateway(options);
  try {
    await untilComplete(gateway, true);
    const warm = await measureWarm(bed, gateway);
    const [, victim] = processTree(gateway.pid);
    if (victim === undefined) throw new Error("the gateway has no processes of its own");
    process.kill(victim, "SIGKILL");
    await untilComplete(gateway, false);
    await untilComplete(gateway, true);
    return firstSecondsOf(await measureFirst(bed, gateway), warm);
  } finally {
    await gateway.stop();
  }
}

export interface FirstSecondsFigure {
  /** Begins the keys of the figures. */
  key: string;
  /** After what. */
  after: string;
  readings: readonly FirstSeconds[];
  problems: readonly string[];
}

/** The tail in milliseconds, and by the warm one, which has the limit. */
export function firstSecondsFigures(
  bed: Bed,
  { key, after, readings, problems }: FirstSecondsFigure,
): Figure[] {
  const { coldMs, rps } = bed.options.plan.startUp;
  const runs = readings.map(({ p99Ms }) => p99Ms);
  const warm = readings.map(({ warmP99Ms }) => warmP99Ms);
  return [
    figureOf({
      key: `${key}-p99`,
      title: `p99 of the first ${coldMs / 1000} s after ${after}, at ${rps} requests a second`,
      unit: "ms",
      runs,
      beside: { name: "warm", runs: warm },
      problems,
    }),
    figureOf({
      key: `${key}-ratio`,
      title: "The same by the warm p99",
      unit: "×",
      limit: LIMIT_RATIO,
      runs: ratiosOf(runs, warm),
      problems,
    }),
  ];
}

/** Load that counts from the time each request was due. */
export function constantLoad(
  { options }: Bed,
  target: Parameters<typeof requestTo>[0],
  durationMs: number,
): OpenLoopJob {
  return {
    kind: "open",
    rps: options.plan.startUp.rps,
    target: requestTo(target, { promptBytes: options.plan.cpu.promptBytes, stream: false }),
    stream: false,
    durationMs,
    timeoutMs: TIMEOUT_MS,
  };
}

/** These seconds cannot be had again on the same process, so a late generator spoils them for good. */
function measureFirst(bed: Bed, gateway: StartedGateway): Promise<MeasuredJob> {
  const job = constantLoad(bed, gateway, bed.options.plan.startUp.coldMs);
  return measureJob({ generator: bed.generator, job, pid: gateway.pid });
}

async function measureWarm(bed: Bed, gateway: StartedGateway): Promise<MeasuredJob> {
  const { plan } = bed.options;
  await bed.generator.run(jobFor(bed, { target: gateway, kind: "plain", durationMs: plan.startUp.warmupMs }));
  const job = constantLoad(bed, gateway, plan.startUp.warmMs);
  return untilValid(() => measureJob({ generator: bed.generator, job, pid: gateway.pid }), {
    maxRetries: plan.maxRetries,
    resultOf: ({ result }) => result,
  });
}

function firstSecondsOf(first: MeasuredJob, warm: MeasuredJob): FirstSeconds {
  return {
    p99Ms: first.result.latency.p99Ms,
    warmP99Ms: warm.result.latency.p99Ms,
    problems: [
      ...problemsOf("the first seconds", first.result),
      ...problemsOf("the warm seconds", warm.result),
    ],
    otherCores: [first.otherCores, warm.otherCores],
  };
}
