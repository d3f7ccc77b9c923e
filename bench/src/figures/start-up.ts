import type { Bed } from "./bed.ts";
import { figureOf, type SectionResult } from "./figure.ts";
import {
  constantLoad,
  type FirstSeconds,
  firstSecondsFigures,
  measureReplacement,
  measureStartAndReload,
} from "./first-seconds.ts";
import { startGateway } from "./gateway.ts";
import { otherCores, readMachineLoad } from "./machine-load.ts";

const LIMIT_MS = 2000;

interface StartRun {
  readyMs: number;
  firstAnswerMs: number;
  /** Cores that other programs used from the spawn to the first answer. */
  otherCores: number;
  /** Only of some of the runs. */
  loaded?: Record<"start" | "reload", FirstSeconds>;
}

/**
 * Spawn to ready and to the first answer, and how the first seconds after a start, a reload and the replacement of a
 * process compare with warm ones.
 */
export async function measureStartUp(bed: Bed): Promise<SectionResult> {
  const { runs, loadedRuns, replacements, rps, coldMs, warmMs } = bed.options.plan.startUp;
  // The generator and the mock are not to be cold.
  await bed.generator.run(constantLoad(bed, bed.mock.asContestant(), coldMs / 2));
  const starts: StartRun[] = [];
  for (let run = 0; run < runs; run++) {
    const start = await measureStart(bed, run < loadedRuns);
    starts.push(start);
    bed.log(
      `ready after ${start.readyMs.toFixed(0)} ms, first answer after ${start.firstAnswerMs.toFixed(0)} ms`,
    );
    if (start.loaded !== undefined) {
      bed.log(`after the start: ${oneLine(start.loaded.start)}; a reload: ${oneLine(start.loaded.reload)}`);
    }
  }
  const replaced: FirstSeconds[] = [];
  for (let run = 0; run < replacements; run++) {
    const reading = await measureReplacement(bed);
    replaced.push(reading);
    bed.log(`after a replacement: ${oneLine(reading)}`);
  }
  const started = starts.flatMap(({ loaded }) => loaded?.start ?? []);
  const reloaded = starts.flatMap(({ loaded }) => loaded?.reload ?? []);
  const all = [...started, ...reloaded, ...replaced];
  const problems = all.flatMap((reading) => reading.problems);
  return {
    name: "start-up",
    method:
      `From the spawn of the built command (warm-up by its own requests included) to the first 200 of /readyz, asked every 3 ms, and to the end of the first chat answer. ` +
      `Then ${rps} requests a second, latency from the time each was due: the first ${coldMs / 1000} s, ${warmMs / 1000} s after more load, and ${coldMs / 1000} s in which SIGHUP has the config read anew. ` +
      `Replaced: of two processes one is killed when they are warm, and the same load comes on new connections once its successor is in service.`,
    figures: [
      figureOf({
        key: "start-to-ready",
        title: "Start to ready",
        unit: "ms",
        limit: LIMIT_MS,
        runs: starts.map(({ readyMs }) => readyMs),
        problems: [],
      }),
      figureOf({
        key: "start-to-answer",
        title: "Start to first answered chat call",
        unit: "ms",
        limit: LIMIT_MS,
        runs: starts.map(({ firstAnswerMs }) => firstAnswerMs),
        problems: [],
      }),
      ...firstSecondsFigures(bed, { key: "cold", after: "a start", readings: started, problems }),
      ...firstSecondsFigures(bed, { key: "reload", after: "a reload", readings: reloaded, problems }),
      ...firstSecondsFigures(bed, {
        key: "replaced",
        after: "a process was replaced",
        readings: replaced,
        problems,
      }),
    ],
    problems,
    otherCores: [...starts.map((start) => start.otherCores), ...all.flatMap((reading) => reading.otherCores)],
    readings: [...starts, ...replaced],
  };
}

async function measureStart(bed: Bed, loaded: boolean): Promise<StartRun> {
  const { gatewayProgram: program, mock, workDir, pinning } = bed;
  const before = readMachineLoad();
  const gateway = await startGateway({ program, mockPort: mock.port, workDir, cpus: pinning.gateway });
  const { readyMs, firstAnswerMs } = gateway;
  const started: StartRun = { readyMs, firstAnswerMs, otherCores: otherCores(before, readMachineLoad()) };
  try {
    return loaded ? { ...started, loaded: await measureStartAndReload(bed, gateway) } : started;
  } finally {
    await gateway.stop();
  }
}

function oneLine({ p99Ms, warmP99Ms }: FirstSeconds): string {
  return `p99 ${p99Ms.toFixed(2)} ms, warm ${warmP99Ms.toFixed(2)} ms`;
}
