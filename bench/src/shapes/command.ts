import { setTimeout as sleep } from "node:timers/promises";
import { type Bed, withBed } from "../figures/bed.ts";
import { type StartedGateway, startGateway } from "../figures/gateway.ts";
import { measureJob, problemsOf } from "../figures/measured-job.ts";
import { parseFigureOptions } from "../figures/options.ts";
import type { LoadJob } from "../load/job.ts";
import { type MachineRecord, recordRun } from "../measure/machine.ts";
import { readTreeMemory } from "../measure/process-tree.ts";
import { median } from "../measure/statistics.ts";
import { TreeSampler } from "../measure/tree-sampler.ts";
import { requestTo } from "../peers/start.ts";
import { markdownTable, short } from "../report/markdown.ts";
import { resultFolder, writeTable } from "../report/write.ts";
import { parseShapeOptions, type ShapeOptions } from "./options.ts";
import type { Shape } from "./shapes.ts";

const PROMPT_BYTES = 128;
const TIMEOUT_MS = 30_000;
const SETTLE_MS = 500;
const CONNECTIONS = 64;
const PLAIN_MOCK = { latencyMs: 50, chunks: 100, eventsPerSecond: 0 };

/** One start of a shape. Megabytes are RSS of the process tree. */
export interface ShapeReading {
  shape: string;
  readyMb: number;
  plainMb: number;
  plainP99Ms: number;
  /** At saturation, the mock answering at once: CPU of a plain request. */
  fullMb: number;
  fullUs: number;
  streamsMb: number;
  /** Of a stream's first byte. */
  streamsP99Ms: number;
  /** CPU of a stream of 100 paced events. */
  streamUs: number;
  problems: string[];
}

/** What `results.json` of a comparison of shapes holds. */
export interface ShapeResults {
  format: 1;
  kind: "shapes";
  startedAt: string;
  wallSeconds: number;
  machine: MachineRecord;
  pinning: string;
  options: ShapeOptions;
  readings: ShapeReading[];
}

/** Every shape once a round, so that a machine that drifts does so for all; each on a process of its own. */
export async function measureShapes(
  options: ShapeOptions,
  { args, log }: { args: readonly string[]; log: (line: string) => void },
): Promise<ShapeResults> {
  const startedAt = new Date();
  const readings: ShapeReading[] = [];
  const pinning = await withBed(parseFigureOptions([]), log, async (bed) => {
    for (let round = 0; round < options.rounds; round++) {
      const order = round % 2 === 0 ? options.shapes : options.shapes.toReversed();
      for (const shape of order) {
        const reading = await measureShape(bed, options, shape);
        readings.push(reading);
        log(`${shape.name}: ${row(reading).slice(1).join(", ")}`);
      }
    }
    return bed.pinning.description;
  });
  return {
    format: 1,
    kind: "shapes",
    ...recordRun(startedAt, ["shapes", ...args]),
    pinning,
    options,
    readings,
  };
}

async function measureShape(bed: Bed, options: ShapeOptions, shape: Shape): Promise<ShapeReading> {
  const { gatewayProgram: program, mock, workDir, pinning } = bed;
  await mock.behave(PLAIN_MOCK);
  const { nodeFlags, env } = shape;
  const gateway = await startGateway({
    ...{ program, mockPort: mock.port, workDir, cpus: pinning.gateway, nodeFlags, env },
  });
  try {
    await sleep(SETTLE_MS);
    const readyMb = readTreeMemory(gateway.pid).rssMb;
    const plain = await underLoad(bed, gateway, {
      ...{ kind: "open", rps: options.rps, durationMs: options.plainMs, stream: false },
    });
    await mock.behave({ ...PLAIN_MOCK, latencyMs: 0 });
    const saturated = { kind: "closed", users: CONNECTIONS, stream: false } as const;
    await underLoad(bed, gateway, { ...saturated, durationMs: options.plainMs / 4 });
    const full = await underLoad(bed, gateway, { ...saturated, durationMs: options.plainMs });
    await mock.behave({ ...PLAIN_MOCK, eventsPerSecond: options.eventsPerSecond });
    const streams = await underLoad(bed, gateway, {
      ...{ kind: "closed", users: options.streams, durationMs: options.streamsMs, stream: true },
    });
    return {
      shape: shape.name,
      readyMb,
      plainMb: plain.maxRssMb,
      plainP99Ms: plain.result.latency.p99Ms,
      fullMb: full.maxRssMb,
      fullUs: full.cpuUs,
      streamsMb: streams.maxRssMb,
      streamsP99Ms: streams.result.firstByte.p99Ms,
      streamUs: streams.cpuUs,
      problems: [
        ...problemsOf("plain", { ...plain.result, invalid: [] }),
        ...problemsOf("saturation", { ...full.result, invalid: [] }),
        ...problemsOf("streams", { ...streams.result, invalid: [] }),
      ],
    };
  } finally {
    await gateway.stop();
  }
}

type ShapeLoad =
  | { kind: "open"; rps: number; durationMs: number; stream: boolean }
  | { kind: "closed"; users: number; durationMs: number; stream: boolean };

async function underLoad(
  { generator }: Bed,
  gateway: StartedGateway,
  load: ShapeLoad,
): Promise<Awaited<ReturnType<typeof measureJob>> & { maxRssMb: number }> {
  const target = requestTo(gateway, { promptBytes: PROMPT_BYTES, stream: load.stream });
  const job: LoadJob = { ...load, target, timeoutMs: TIMEOUT_MS };
  const sampler = new TreeSampler(gateway.pid);
  const measured = await measureJob({ generator, job, pid: gateway.pid });
  return { ...measured, maxRssMb: sampler.stop().maxRssMb };
}

const HEAD = [
  "shape",
  "ready MB",
  "plain MB",
  "p99 ms",
  "full MB",
  "CPU µs",
  "streams MB",
  "first byte p99 ms",
  "CPU µs a stream",
] as const;

function row(reading: Omit<ShapeReading, "problems">): string[] {
  const { shape, readyMb, plainMb, plainP99Ms, fullMb, fullUs, streamsMb, streamsP99Ms, streamUs } = reading;
  return [
    shape,
    ...[readyMb, plainMb, plainP99Ms, fullMb, fullUs, streamsMb, streamsP99Ms, streamUs].map(short),
  ];
}

export function renderShapes({ machine, pinning, options, readings }: ShapeResults): string {
  const rows = options.shapes.map(({ name }) => {
    const own = readings.filter(({ shape }) => shape === name);
    const over = (read: (reading: ShapeReading) => number): number => median(own.map(read));
    return row({
      shape: name,
      readyMb: over((reading) => reading.readyMb),
      plainMb: over((reading) => reading.plainMb),
      plainP99Ms: over((reading) => reading.plainP99Ms),
      fullMb: over((reading) => reading.fullMb),
      fullUs: over((reading) => reading.fullUs),
      streamsMb: over((reading) => reading.streamsMb),
      streamsP99Ms: over((reading) => reading.streamsP99Ms),
      streamUs: over((reading) => reading.streamUs),
    });
  });
  const problems = readings.flatMap(({ shape, problems }) =>
    problems.map((problem) => `- ${shape}: ${problem}`),
  );
  return `${[
    "# Shapes of the process",
    `- command: \`${machine.commandLine}\`\n- machine: ${machine.cpuModel}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit.slice(0, 12)}\n- ${pinning}`,
    markdownTable(HEAD, rows),
    `Medians of ${options.rounds} rounds, each shape once a round on a process of its own. RSS of the process tree: when ready; the highest at ${options.rps} plain calls a second on a 50 ms mock, ${options.plainMs / 1000} s; the highest with ${CONNECTIONS} connections that ask again at once, with CPU of a call; the highest with ${options.streams} streams at a time of 100 events, ${options.eventsPerSecond} a second, ${options.streamsMs / 1000} s.`,
    ...(problems.length === 0 ? [] : [problems.join("\n")]),
  ].join("\n\n")}\n`;
}

/** `bench shapes`. */
export async function runShapesCommand(
  args: readonly string[],
  log: (line: string) => void,
): Promise<{ folder: string; table: string }> {
  const options = parseShapeOptions(args);
  const results = await measureShapes(options, { args, log });
  const folder = resultFolder(options.name, "shapes", results.startedAt);
  const table = renderShapes(results);
  writeTable(folder, results, table);
  return { folder, table };
}
