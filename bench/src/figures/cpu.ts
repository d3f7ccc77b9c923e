import type { ClosedLoopJob } from "../load/job.ts";
import { findPeer } from "../peers/find.ts";
import { loadPeer } from "../peers/record.ts";
import { type Contestant, requestTo, startPeer } from "../peers/start.ts";
import { type Bed, promptMock } from "./bed.ts";
import { type Figure, figureOf, type SectionResult } from "./figure.ts";
import { MODEL, type StartedGateway, startGateway } from "./gateway.ts";
import { type MeasuredJob, measureJob, problemsOf } from "./measured-job.ts";

const PLAIN_LIMIT_US = 35;
const STREAM_LIMIT_US = 1000;
const TIMEOUT_MS = 10_000;

/** How requests come in: answered whole, streamed as fast as it goes, or streamed at the pace of a model. */
export type Kind = "plain" | "stream" | "paced";

interface Pair {
  kind: Kind;
  gateway: MeasuredJob;
  /** Undefined when nginx is not installed. */
  nginx?: MeasuredJob;
}

/** CPU time of a plain request and of a stream, with nginx doing the same in adjacent slices of the same runs. */
export async function measureCpu(bed: Bed): Promise<SectionResult> {
  const { plan } = bed.options;
  const nginx = await startNginx(bed);
  const pairs: Pair[] = [];
  try {
    for (let run = 0; run < plan.cpu.runs; run++) {
      await withGateway(bed, async (gateway) => {
        for (const kind of ["plain", "stream"] as const) {
          pairs.push(await measurePair(bed, { kind, gateway, nginx, gatewayFirst: run % 2 === 0 }));
        }
      });
    }
    await bed.mock.behave({ ...promptMock(plan.cpu.chunks), eventsPerSecond: plan.cpu.pacedEventsPerSecond });
    await withGateway(bed, async (gateway) => {
      for (let run = 0; run < plan.cpu.pacedRuns; run++) {
        pairs.push(await measurePair(bed, { kind: "paced", gateway, nginx, gatewayFirst: run % 2 === 0 }));
      }
    });
  } finally {
    await nginx?.stop();
    await bed.mock.behave(promptMock(plan.cpu.chunks));
  }
  return resultOf(bed, pairs);
}

export async function startNginx(bed: Bed): Promise<Contestant | undefined> {
  const record = loadPeer("nginx");
  const search = findPeer(record);
  if ("missing" in search) {
    bed.log(`nginx: ${search.missing}`);
    return undefined;
  }
  const { mock, workDir, pinning } = bed;
  const nginx = await startPeer({
    ...{ record, found: search.found, mockPort: mock.port },
    ...{ workDir, cpus: pinning.gateway },
  });
  return { ...nginx, model: MODEL };
}

export async function withGateway(bed: Bed, use: (gateway: StartedGateway) => Promise<void>): Promise<void> {
  const { gatewayProgram: program, mock, workDir, pinning } = bed;
  const gateway = await startGateway({ program, mockPort: mock.port, workDir, cpus: pinning.gateway });
  try {
    await use(gateway);
  } finally {
    await gateway.stop();
  }
}

interface PairOptions {
  kind: Kind;
  gateway: StartedGateway;
  nginx: Contestant | undefined;
  gatewayFirst: boolean;
}

async function measurePair(bed: Bed, options: PairOptions): Promise<Pair> {
  const { kind, gateway, nginx, gatewayFirst } = options;
  const { sliceMs, streamMs, pacedMs, besideMs, warmupMs } = bed.options.plan.cpu;
  const durationMs = { plain: sliceMs, stream: streamMs, paced: pacedMs }[kind];
  // Tools cut what is in flight at the end, which is much when a stream takes a while.
  const generator = kind === "paced" ? bed.generator : bed.tool;
  // nginx has nothing to compile: for it the warm-up only opens connections.
  const warmUpOf = (target: Contestant): number => (target === nginx ? besideMs / 4 : warmupMs);
  const measure = async (target: Contestant, durationMs: number): Promise<MeasuredJob> => {
    await generator.run(jobFor(bed, { target, kind, durationMs: warmUpOf(target) }));
    const job = jobFor(bed, { target, kind, durationMs });
    const measured = await measureJob({ generator, job, pid: target.pid ?? 0 });
    bed.log(`${target.title}, ${kind}: ${oneLine(measured)}`);
    return measured;
  };
  const ours = (): Promise<MeasuredJob> => measure(gateway, durationMs);
  if (nginx === undefined) return { kind, gateway: await ours() };
  if (gatewayFirst) return { kind, gateway: await ours(), nginx: await measure(nginx, besideMs) };
  return { kind, nginx: await measure(nginx, besideMs), gateway: await ours() };
}

export function jobFor(
  { options }: Bed,
  { target, kind, durationMs }: { target: Contestant; kind: Kind; durationMs: number },
): ClosedLoopJob {
  const { connections, promptBytes } = options.plan.cpu;
  const stream = kind !== "plain";
  return {
    kind: "closed",
    users: connections,
    target: requestTo(target, { promptBytes, stream }),
    stream,
    durationMs,
    timeoutMs: TIMEOUT_MS,
  };
}

function resultOf(bed: Bed, pairs: readonly Pair[]): SectionResult {
  const plan = bed.options.plan.cpu;
  const stream = `${plan.chunks}-chunk stream`;
  const problems = pairs.flatMap(({ kind, gateway, nginx }) => [
    ...problemsOf(`${kind} through the gateway`, gateway.result),
    ...(nginx === undefined ? [] : problemsOf(`${kind} through nginx`, nginx.result)),
  ]);
  return {
    name: "cpu",
    method: [
      `${plan.connections} keep-alive connections, each sending again when it is answered, prompt of ${plan.promptBytes} bytes, the mock answering at once.`,
      `Each run is ${plan.sliceMs / 1000} s of plain requests and ${plan.streamMs / 1000} s of streams on a freshly started gateway, after ${plan.warmupMs / 1000} s of the same load, with nginx proxy_pass under the same load in turn.`,
      "CPU is user and system time of all threads of the server's process tree from /proc, by answered request.",
      "The mock writes each event of a stream on its own but at once, so that several may be read together, by nginx too; at a model's pace each one comes alone.",
    ].join(" "),
    figures: [
      ...kindFigures(pairs, { kind: "plain", what: "plain request", limit: PLAIN_LIMIT_US, problems }),
      ...kindFigures(pairs, { kind: "stream", what: stream, limit: STREAM_LIMIT_US, problems }),
      ...kindFigures(pairs, {
        kind: "paced",
        what: `${stream} at ${plan.pacedEventsPerSecond} events a second`,
        problems,
      }),
    ],
    problems,
    otherCores: pairs.flatMap(({ gateway, nginx }) => [
      gateway.otherCores,
      ...(nginx === undefined ? [] : [nginx.otherCores]),
    ]),
    readings: pairs.map(({ kind, gateway, nginx }) => ({
      kind,
      gateway: withoutHistograms(gateway),
      ...(nginx === undefined ? {} : { nginx: withoutHistograms(nginx) }),
    })),
  };
}

interface KindFigureOptions {
  kind: Kind;
  what: string;
  limit?: number;
  problems: readonly string[];
}

function kindFigures(all: readonly Pair[], options: KindFigureOptions): Figure[] {
  const { kind, what, limit, problems } = options;
  const pairs = all.filter((pair) => pair.kind === kind);
  const gateway = pairs.map((pair) => pair.gateway);
  const nginx = pairs.flatMap((pair) => pair.nginx ?? []);
  const beside = (pick: (measured: MeasuredJob) => number): { beside?: { name: string; runs: number[] } } =>
    nginx.length === 0 ? {} : { beside: { name: "nginx", runs: nginx.map(pick) } };
  const busy = gateway.map(({ busyRatio }) => (busyRatio * 100).toFixed(0)).join(", ");
  return [
    figureOf({
      key: `${kind}-cpu`,
      title: `CPU of a ${what}`,
      unit: "µs",
      ...(limit === undefined ? {} : { limit }),
      runs: gateway.map(({ cpuUs }) => cpuUs),
      ...beside(({ cpuUs }) => cpuUs),
      note: `core busy ${busy} %`,
      problems,
    }),
    // A paced stream takes as long as it takes; how many there are is the generator's choice.
    ...(kind === "paced"
      ? []
      : [
          figureOf({
            key: `${kind}-rps`,
            title: `Rate of ${what}s`,
            unit: "req/s",
            runs: gateway.map(({ result }) => result.achievedRps),
            ...beside(({ result }) => result.achievedRps),
            problems,
          }),
        ]),
  ];
}

export function withoutHistograms({ result, ...measured }: MeasuredJob): object {
  const { latencyEncoded: _l, firstByteEncoded: _f, serviceTimeEncoded: _s, ...kept } = result;
  return { ...measured, ...kept };
}

export function oneLine({ cpuUs, busyRatio, otherCores, result }: MeasuredJob): string {
  return [
    `${cpuUs.toFixed(1)} µs CPU`,
    `${result.achievedRps.toFixed(0)} req/s`,
    `core busy ${(busyRatio * 100).toFixed(0)} %`,
    `generator ${(result.generator.busyRatio * 100).toFixed(0)} %`,
    `others ${otherCores.toFixed(2)} cores`,
  ].join(", ");
}
