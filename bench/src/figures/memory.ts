import { setTimeout as sleep } from "node:timers/promises";
import type { LoadJob } from "../load/job.ts";
import { readTreeMemory } from "../measure/process-tree.ts";
import { TreeSampler } from "../measure/tree-sampler.ts";
import { requestTo } from "../peers/start.ts";
import { sumOf } from "../soak/readings.ts";
import { type Bed, promptMock } from "./bed.ts";
import { withGateway } from "./cpu.ts";
import { type Figure, figureOf, type SectionResult } from "./figure.ts";
import { MODEL, post, type StartedGateway } from "./gateway.ts";
import { otherCores, readMachineLoad } from "./machine-load.ts";
import { problemsOf } from "./measured-job.ts";

const LIMIT_MB = 90;
/** RSS at these rates as Ferro Labs published it, on four cores. */
const PUBLISHED_MB: Readonly<Record<number, number>> = { 100: 45, 200: 60, 500: 120, 1000: 180, 2000: 250 };
/** Streams of 100 events at the pace of a model, five seconds each. */
const STREAM_PACE = { latencyMs: 50, chunks: 100, eventsPerSecond: 20 };
const PLAIN_PACE = { latencyMs: 50, chunks: 100, eventsPerSecond: 0 };
const TIMEOUT_MS = 30_000;
/** Counting again must not add a quarter of what loading added. */
const MOST_AGAIN = 0.25;

interface TokenizerReading {
  beforeMb: number;
  firstMb: number;
  /** After all further counts. */
  lastMb: number;
  firstMs: number;
  /** The slowest of the further counts. */
  againMs: number;
  threadsBefore: number;
}

interface MemoryRun {
  readyMb: number;
  byRps: { rps: number; maxRssMb: number }[];
  /** On a gateway of their own. */
  streamsMb: number;
  tokenizer: TokenizerReading;
  problems: string[];
  otherCores: number;
}

/** RSS of the whole tree when ready, at rising rates and with many streams; and what the first counted prompt adds. */
export async function measureMemory(bed: Bed): Promise<SectionResult> {
  const { runs, rps, streams, sliceMs } = bed.options.plan.memory;
  const readings: MemoryRun[] = [];
  for (let run = 0; run < runs; run++) {
    const reading = await measureRun(bed);
    readings.push(reading);
    const rates = reading.byRps.map((at) => `${at.rps}/s ${at.maxRssMb.toFixed(1)}`).join(", ");
    bed.log(
      `memory in MB: ready ${reading.readyMb.toFixed(1)}, ${rates}, ${streams} streams ${reading.streamsMb.toFixed(1)}, first count +${(reading.tokenizer.firstMb - reading.tokenizer.beforeMb).toFixed(1)}`,
    );
  }
  const problems = readings.flatMap((reading) => reading.problems);
  const all = { readings, problems };
  return {
    name: "memory",
    method: [
      `The highest RSS of the process tree with one gateway process, read each second: when it is ready; then on the same process ${sliceMs / 1000} s at each rate, constant arrival on a 50 ms mock, the lowest first;`,
      `then, on a fresh one, with ${streams} streams open, each 100 events at 20 a second. Ferro Labs published 45, 60, 120, 180 and 250 MB at these rates.`,
      "Then exact counts are asked for one after the other: worker threads before the first one must be none, and those after the first must neither take long nor add much.",
    ].join(" "),
    figures: [
      memoryFigure(all, { key: "memory-ready", title: "RSS when ready", read: ({ readyMb }) => readyMb }),
      ...rps.map((rate) => rateFigure(all, rate)),
      memoryFigure(all, {
        key: "memory-streams",
        title: `RSS with ${streams} streams`,
        read: ({ streamsMb }) => streamsMb,
      }),
      tokenizerFigure(all),
    ],
    problems,
    otherCores: readings.map((reading) => reading.otherCores),
    readings,
  };
}

interface AllRuns {
  readings: readonly MemoryRun[];
  problems: readonly string[];
}

interface MemoryFigureInput {
  key: string;
  title: string;
  note?: string;
  read(reading: MemoryRun): number;
}

function memoryFigure({ readings, problems }: AllRuns, { read, ...figure }: MemoryFigureInput): Figure {
  return figureOf({ ...figure, unit: "MB", limit: LIMIT_MB, runs: readings.map(read), problems });
}

function rateFigure(all: AllRuns, rate: number): Figure {
  const published = PUBLISHED_MB[rate];
  return memoryFigure(all, {
    key: `memory-${rate}-rps`,
    title: `RSS at ${rate} requests a second`,
    ...(published === undefined ? {} : { note: `Ferro Labs published ${published} MB` }),
    read: ({ byRps }) => byRps.find(({ rps }) => rps === rate)?.maxRssMb ?? Number.NaN,
  });
}

function tokenizerFigure({ readings, problems }: AllRuns): Figure {
  const notes = readings.map(({ tokenizer: { firstMs, againMs, firstMb, lastMb } }) => {
    return `first count ${firstMs.toFixed(0)} ms, later ones up to ${againMs.toFixed(0)} ms and ${(lastMb - firstMb).toFixed(1)} MB more`;
  });
  return figureOf({
    key: "memory-tokenizer",
    title: "What the first exact count adds to RSS",
    unit: "MB",
    runs: readings.map(({ tokenizer }) => tokenizer.firstMb - tokenizer.beforeMb),
    note: notes.join("; "),
    problems,
  });
}

async function measureRun(bed: Bed): Promise<MemoryRun> {
  const { rps, streams, settleMs } = bed.options.plan.memory;
  const before = readMachineLoad();
  const problems: string[] = [];
  const byRps: MemoryRun["byRps"] = [];
  const reading = { readyMb: 0, streamsMb: 0 };
  await bed.mock.behave(PLAIN_PACE);
  await withGateway(bed, async (gateway) => {
    await sleep(settleMs);
    reading.readyMb = readTreeMemory(gateway.pid).rssMb;
    for (const rate of rps) {
      byRps.push({ rps: rate, maxRssMb: await underLoad(bed, gateway, { rps: rate, problems }) });
    }
  });
  let tokenizer: TokenizerReading | undefined;
  await bed.mock.behave(STREAM_PACE);
  await withGateway(bed, async (gateway) => {
    reading.streamsMb = await underLoad(bed, gateway, { streams, problems });
    tokenizer = await measureTokenizer(bed, gateway, problems);
  });
  await bed.mock.behave(promptMock(bed.options.plan.cpu.chunks));
  if (tokenizer === undefined) throw new Error("no count was measured");
  return { ...reading, byRps, tokenizer, problems, otherCores: otherCores(before, readMachineLoad()) };
}

type MemoryLoad = { rps: number } | { streams: number };

/** The highest RSS of the tree under a load. A late generator makes no difference to memory; a failed call does. */
async function underLoad(
  { generator, options }: Bed,
  gateway: StartedGateway,
  { problems, ...load }: MemoryLoad & { problems: string[] },
): Promise<number> {
  const { sliceMs, streamsMs } = options.plan.memory;
  const stream = "streams" in load;
  const base = {
    target: requestTo(gateway, { promptBytes: options.plan.cpu.promptBytes, stream }),
    durationMs: stream ? streamsMs : sliceMs,
    timeoutMs: TIMEOUT_MS,
    stream,
  };
  const job: LoadJob = stream
    ? { ...base, kind: "closed", users: load.streams }
    : { ...base, kind: "open", rps: load.rps };
  const sampler = new TreeSampler(gateway.pid);
  const result = await generator.run(job);
  const { maxRssMb } = sampler.stop();
  const what = stream ? `${load.streams} streams` : `${load.rps} requests a second`;
  problems.push(...problemsOf(what, { ...result, invalid: [] }));
  return maxRssMb;
}

async function measureTokenizer(
  { options }: Bed,
  gateway: StartedGateway,
  problems: string[],
): Promise<TokenizerReading> {
  const body = JSON.stringify({ model: MODEL, prompt: "The mill turns." });
  const threadsBefore = await workerThreads(gateway);
  const beforeMb = readTreeMemory(gateway.pid).rssMb;
  const firstMs = await timeCount(gateway, body);
  const firstMb = readTreeMemory(gateway.pid).rssMb;
  let againMs = 0;
  for (let count = 0; count < options.plan.memory.counts; count++) {
    againMs = Math.max(againMs, await timeCount(gateway, body));
  }
  const lastMb = readTreeMemory(gateway.pid).rssMb;
  if (threadsBefore > 0) problems.push("a worker thread ran before anything was counted");
  if (lastMb - firstMb > (firstMb - beforeMb) * MOST_AGAIN) problems.push("later counts add memory as well");
  return { beforeMb, firstMb, lastMb, firstMs, againMs, threadsBefore };
}

async function timeCount(gateway: StartedGateway, body: string): Promise<number> {
  const startedMs = performance.now();
  const { status, body: answer } = await post(gateway, "/tokenize", body);
  if (status !== 200) throw new Error(`/tokenize answered status ${status}: ${answer.slice(0, 300)}`);
  return performance.now() - startedMs;
}

async function workerThreads({ adminPort }: StartedGateway): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
  return sumOf(await response.text(), "headrace_worker_threads", "");
}
