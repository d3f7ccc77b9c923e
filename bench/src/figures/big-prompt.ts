import { setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type LoadGenerator, startGenerator } from "../load/generator.ts";
import type { LoadJob, LoadResult } from "../load/job.ts";
import { chatBody, promptText } from "../load/request-bytes.ts";
import { MockUpstream } from "../peers/mock.ts";
import { requestTo } from "../peers/start.ts";
import { type Bed, promptMock } from "./bed.ts";
import { type Figure, figureOf, ratiosOf, type SectionResult } from "./figure.ts";
import { MODEL, post, SECOND_MODEL, type StartedGateway, startGateway } from "./gateway.ts";
import { type MeasuredJob, measureJob, problemsOf, untilValid } from "./measured-job.ts";

const LIMIT_RATIO = 1.5;
const TIMEOUT_MS = 10_000;
/** On a loaded machine a counted prompt may take seconds. */
const BIG_TIMEOUT_MS = 30_000;
/** The large requests begin before what is measured beside them, whose start would else be disturbed, and end after it. */
const LEAD_MS = 400;
const OVERHANG_MS = 300;
/** What sends and takes the large bodies gives way to what measures, should they share a core. */
const LOW_PRIORITY = 10;

/** What runs beside the steady traffic. */
const COMPANIONS = ["nothing", "counting", "chat"] as const;
type Companion = (typeof COMPANIONS)[number];

interface Slice {
  steady: MeasuredJob;
  /** The large requests; undefined beside nothing. */
  big?: LoadResult;
}

type Round = Record<Companion, Slice>;

interface Bench {
  bed: Bed;
  gateway: StartedGateway;
  /** A second process, as there is a second mock: large bodies must hold up the gateway only, not what measures it. */
  bigGenerator: LoadGenerator;
}

/** The tail of steady traffic while prompts of a megabyte are counted exactly, or relayed, beside it. */
export async function measureBigPrompt(bed: Bed): Promise<SectionResult> {
  const { gatewayProgram: program, mock, workDir, pinning, options } = bed;
  const bigMock = await MockUpstream.create(workDir, pinning.mock);
  const bigGenerator = await startGenerator(pinning.generator);
  try {
    await bigMock.behave(promptMock(options.plan.cpu.chunks));
    for (const pid of [bigMock.pid, bigGenerator.pid]) if (pid !== undefined) setPriority(pid, LOW_PRIORITY);
    const ports = { mockPort: mock.port, secondMockPort: bigMock.port };
    const gateway = await startGateway({ program, ...ports, workDir, cpus: pinning.gateway });
    try {
      return await measureRounds({ bed, gateway, bigGenerator });
    } finally {
      await gateway.stop();
    }
  } finally {
    await bigGenerator.close();
    await bigMock.stop();
  }
}

async function measureRounds(bench: Bench): Promise<SectionResult> {
  const { bed } = bench;
  const { bigPrompt, cpu } = bed.options.plan;
  const tokens = await countOnce(bench);
  const warmUp = { durationMs: bigPrompt.warmupMs, users: cpu.connections };
  await bed.generator.run({ ...steadyJob(bench), kind: "closed", ...warmUp });
  const rounds: Round[] = [];
  for (let round = 0; round < bigPrompt.rounds; round++) {
    const measured = await measureRound(bench, round);
    rounds.push(measured);
    const p99s = COMPANIONS.map((name) => `${name} ${p99Of(measured[name]).toFixed(2)}`);
    bed.log(`p99 at ${bigPrompt.rps} requests a second, in ms, beside: ${p99s.join(", ")}`);
  }
  return resultOf(bench, rounds, tokens);
}

function tokenizeBody({ bed }: Bench): string {
  return JSON.stringify({ model: MODEL, prompt: promptText(bed.options.plan.bigPrompt.promptBytes) });
}

/** Loads the tokeniser's tables, which is no part of the figure, and sees that the count is a real one. */
async function countOnce(bench: Bench): Promise<number> {
  const { promptBytes } = bench.bed.options.plan.bigPrompt;
  const { status, body } = await post(bench.gateway, "/tokenize", tokenizeBody(bench));
  if (status !== 200) throw new Error(`/tokenize answered status ${status}: ${body.slice(0, 300)}`);
  const answer: unknown = JSON.parse(body);
  const count = typeof answer === "object" && answer !== null && "count" in answer ? Number(answer.count) : 0;
  // English prose has four to six bytes a token.
  if (!(count > promptBytes / 10 && count < promptBytes / 2)) {
    throw new Error(`/tokenize counted ${count} tokens in ${promptBytes} bytes of prose`);
  }
  return count;
}

function steadyJob({ bed, gateway }: Bench): LoadJob & { kind: "open" } {
  const { bigPrompt, cpu } = bed.options.plan;
  return {
    kind: "open",
    rps: bigPrompt.rps,
    target: requestTo(gateway, { promptBytes: cpu.promptBytes, stream: false }),
    stream: false,
    durationMs: bigPrompt.sliceMs,
    timeoutMs: TIMEOUT_MS,
  };
}

function bigJob(bench: Bench, companion: Exclude<Companion, "nothing">): LoadJob {
  const { sliceMs, promptBytes, chatsPerSecond } = bench.bed.options.plan.bigPrompt;
  const { host, port, headers, path } = bench.gateway;
  const base = { durationMs: LEAD_MS + sliceMs + OVERHANG_MS, timeoutMs: BIG_TIMEOUT_MS, stream: false };
  if (companion === "counting") {
    const target = { host, port, headers, path: "/tokenize", body: tokenizeBody(bench) };
    return { ...base, kind: "closed", users: 1, target };
  }
  const body = chatBody({ model: SECOND_MODEL, promptBytes, stream: false });
  return { ...base, kind: "open", rps: chatsPerSecond, target: { host, port, headers, path, body } };
}

/** Each companion once, beginning with another one in each round, so that what drifts on the machine hits all alike. */
async function measureRound(bench: Bench, round: number): Promise<Round> {
  const { maxRetries } = bench.bed.options.plan;
  const slices: Partial<Round> = {};
  for (let turn = 0; turn < COMPANIONS.length; turn++) {
    const companion = COMPANIONS[(round + turn) % COMPANIONS.length] ?? "nothing";
    slices[companion] = await untilValid(() => measureSlice(bench, companion), {
      maxRetries,
      resultOf: ({ steady }) => steady.result,
    });
  }
  const { nothing, counting, chat } = slices;
  if (nothing === undefined || counting === undefined || chat === undefined) {
    throw new Error("a round left out a companion");
  }
  return { nothing, counting, chat };
}

async function measureSlice(bench: Bench, companion: Companion): Promise<Slice> {
  const { bed, gateway, bigGenerator } = bench;
  const measure = (): Promise<MeasuredJob> =>
    measureJob({ generator: bed.generator, job: steadyJob(bench), pid: gateway.pid });
  if (companion === "nothing") return { steady: await measure() };
  const afterLead = async (): Promise<MeasuredJob> => {
    await sleep(LEAD_MS);
    return measure();
  };
  const [big, steady] = await Promise.all([bigGenerator.run(bigJob(bench, companion)), afterLead()]);
  return { steady, big };
}

function p99Of({ steady }: Slice): number {
  return steady.result.latency.p99Ms;
}

function resultOf({ bed }: Bench, rounds: readonly Round[], tokens: number): SectionResult {
  const { rps, sliceMs, promptBytes, chatsPerSecond } = bed.options.plan.bigPrompt;
  const problems = rounds.flatMap((round) => COMPANIONS.flatMap((name) => sliceProblems(name, round[name])));
  return {
    name: "big-prompt",
    method: [
      `${rps} requests a second, latency from the time each was due, in slices of ${sliceMs / 1000} s in turns: alone, beside POST /tokenize of ${promptBytes} bytes (${tokens} tokens) one after another, and beside ${chatsPerSecond} chat bodies a second with a prompt of that size.`,
      "One gateway for all rounds; the first count, which loads the tokeniser, is not in it.",
    ].join(" "),
    figures: [
      ...companionFigures(rounds, {
        name: "counting",
        what: "counted prompts",
        limit: LIMIT_RATIO,
        problems,
      }),
      ...companionFigures(rounds, { name: "chat", what: "chat bodies", problems }),
    ],
    problems,
    otherCores: rounds.flatMap((round) => COMPANIONS.map((name) => round[name].steady.otherCores)),
    readings: rounds.map((round) =>
      Object.fromEntries(COMPANIONS.map((name) => [name, readingOf(round[name])])),
    ),
  };
}

function sliceProblems(name: Companion, { steady, big }: Slice): string[] {
  return [
    ...problemsOf(`steady traffic beside ${name}`, steady.result),
    // Late by a millisecond or two is nothing to the large requests, but they must have been answered.
    ...(big === undefined ? [] : problemsOf(`large requests (${name})`, { ...big, invalid: [] })),
  ];
}

interface CompanionFigureOptions {
  name: Exclude<Companion, "nothing">;
  what: string;
  limit?: number;
  problems: readonly string[];
}

function companionFigures(rounds: readonly Round[], options: CompanionFigureOptions): Figure[] {
  const { name, what, limit, problems } = options;
  const alone = rounds.map(({ nothing }) => p99Of(nothing));
  const beside = rounds.map((round) => p99Of(round[name]));
  const tookMs = rounds.map((round) => (round[name].big?.latency.p50Ms ?? Number.NaN).toFixed(0));
  return [
    figureOf({
      key: `${name}-ratio`,
      title: `p99 beside ${what} of 1 MB, by p99 alone`,
      unit: "×",
      ...(limit === undefined ? {} : { limit }),
      runs: ratiosOf(beside, alone),
      problems,
    }),
    figureOf({
      key: `${name}-p99`,
      title: `p99 beside ${what}`,
      unit: "ms",
      runs: beside,
      beside: { name: "alone", runs: alone },
      note: `each of them took ${tookMs.join(", ")} ms`,
      problems,
    }),
  ];
}

function readingOf({ steady, big }: Slice): object {
  return {
    latency: steady.result.latency,
    sendLag: steady.result.generator.sendLag,
    busyRatio: steady.busyRatio,
    ...(big === undefined ? {} : { bigAnswered: big.succeeded, bigLatency: big.latency }),
  };
}
