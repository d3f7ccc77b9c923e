import type { OpenLoopJob } from "../load/job.ts";
import { requestTo } from "../peers/start.ts";
import type { Bed } from "./bed.ts";
import { figureOf, type SectionResult } from "./figure.ts";
import { type StartedGateway, startGateway } from "./gateway.ts";
import { otherCores, readMachineLoad } from "./machine-load.ts";
import { measureJob, problemsOf, untilValid } from "./measured-job.ts";

const LIMIT_MS = 2000;
const TIMEOUT_MS = 10_000;

interface StartRun {
  readyMs: number;
  firstAnswerMs: number;
  /** Of the first seconds after the first answer, and of later ones; only for some of the runs. */
  coldP99Ms?: number;
  warmP99Ms?: number;
  problems: string[];
  otherCores: number[];
}

/** Spawn to ready and to the first answer, and how the first seconds under load compare with later ones. */
export async function measureStartUp(bed: Bed): Promise<SectionResult> {
  const { runs, loadedRuns, rps, coldMs, warmMs } = bed.options.plan.startUp;
  // The generator and the mock are not to be cold.
  await bed.generator.run(loadOn(bed, bed.mock.asContestant(), coldMs / 2));
  const readings: StartRun[] = [];
  for (let run = 0; run < runs; run++) {
    const reading = await measureRun(bed, run < loadedRuns);
    readings.push(reading);
    bed.log(
      `ready after ${reading.readyMs.toFixed(0)} ms, first answer after ${reading.firstAnswerMs.toFixed(0)} ms` +
        (reading.coldP99Ms === undefined
          ? ""
          : `, p99 ${reading.coldP99Ms.toFixed(2)} ms at first, ${(reading.warmP99Ms ?? 0).toFixed(2)} ms warm`),
    );
  }
  const problems = readings.flatMap((reading) => reading.problems);
  const cold = readings.flatMap(({ coldP99Ms }) => coldP99Ms ?? []);
  const warm = readings.flatMap(({ warmP99Ms }) => warmP99Ms ?? []);
  return {
    name: "start-up",
    method:
      `From the spawn of the built command (warm-up by its own requests included) to the first 200 of /readyz, asked every 3 ms, and to the end of the first chat answer. ` +
      `Then ${rps} requests a second, latency from the time each was due: the first ${coldMs / 1000} s against ${warmMs / 1000} s after more load.`,
    figures: [
      figureOf({
        key: "start-to-ready",
        title: "Start to ready",
        unit: "ms",
        limit: LIMIT_MS,
        runs: readings.map(({ readyMs }) => readyMs),
        problems: [],
      }),
      figureOf({
        key: "start-to-answer",
        title: "Start to first answered chat call",
        unit: "ms",
        limit: LIMIT_MS,
        runs: readings.map(({ firstAnswerMs }) => firstAnswerMs),
        problems: [],
      }),
      figureOf({
        key: "cold-p99",
        title: `p99 of the first ${coldMs / 1000} s at ${rps} requests a second`,
        unit: "ms",
        runs: cold,
        beside: { name: "warm", runs: warm },
        problems,
      }),
    ],
    problems,
    otherCores: readings.flatMap((reading) => reading.otherCores),
    readings,
  };
}

async function measureRun(bed: Bed, loaded: boolean): Promise<StartRun> {
  const { gatewayProgram: program, mock, workDir, pinning } = bed;
  const before = readMachineLoad();
  const gateway = await startGateway({ program, mockPort: mock.port, workDir, cpus: pinning.gateway });
  const { readyMs, firstAnswerMs } = gateway;
  const started = { readyMs, firstAnswerMs };
  try {
    if (!loaded) return { ...started, problems: [], otherCores: [otherCores(before, readMachineLoad())] };
    return { ...started, ...(await measureLoaded(bed, gateway)) };
  } finally {
    await gateway.stop();
  }
}

async function measureLoaded(
  bed: Bed,
  gateway: StartedGateway,
): Promise<Omit<StartRun, "readyMs" | "firstAnswerMs">> {
  const { coldMs, warmupMs, warmMs } = bed.options.plan.startUp;
  const { cpu, maxRetries } = bed.options.plan;
  const { generator } = bed;
  // The first seconds cannot be had again on the same process, so a late generator spoils them for good.
  const cold = await measureJob({ generator, job: loadOn(bed, gateway, coldMs), pid: gateway.pid });
  const { kind: _kind, rps: _rps, ...base } = loadOn(bed, gateway, warmupMs);
  await generator.run({ ...base, kind: "closed", users: cpu.connections });
  const warm = await untilValid(
    () => measureJob({ generator, job: loadOn(bed, gateway, warmMs), pid: gateway.pid }),
    { maxRetries, resultOf: ({ result }) => result },
  );
  return {
    coldP99Ms: cold.result.latency.p99Ms,
    warmP99Ms: warm.result.latency.p99Ms,
    problems: [
      ...problemsOf("the first seconds", cold.result),
      ...problemsOf("the warm seconds", warm.result),
    ],
    otherCores: [cold.otherCores, warm.otherCores],
  };
}

function loadOn({ options }: Bed, target: Parameters<typeof requestTo>[0], durationMs: number): OpenLoopJob {
  return {
    kind: "open",
    rps: options.plan.startUp.rps,
    target: requestTo(target, { promptBytes: options.plan.cpu.promptBytes, stream: false }),
    stream: false,
    durationMs,
    timeoutMs: TIMEOUT_MS,
  };
}
