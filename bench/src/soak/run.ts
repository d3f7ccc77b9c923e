import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MODEL, SECOND_MODEL, type StartedGateway, startGateway } from "../figures/gateway.ts";
import { type EmbeddedGenerator, startGenerator } from "../load/generator.ts";
import type { LoadJob, LoadResult } from "../load/job.ts";
import { removableFolder } from "../measure/clean-up.ts";
import { detectPinning, type Pinning, pinSelf } from "../measure/pinning.ts";
import { isRunning } from "../measure/process-tree.ts";
import { findPeer } from "../peers/find.ts";
import { MockUpstream } from "../peers/mock.ts";
import { loadPeer } from "../peers/record.ts";
import { requestTo } from "../peers/start.ts";
import { GROWING, type Growth, growsTooFast, growthOf } from "./growth.ts";
import {
  compareHeaps,
  type HeapChange,
  type HeapSummary,
  summariseHeap,
  totalBytes,
} from "./heap-snapshot.ts";
import type { SoakOptions } from "./options.ts";
import { type Reading, ReadingSeries } from "./readings.ts";

/** A stream is this long: 100 events at 20 a second, as a model writes them. Plain calls have a mock that does not dawdle. */
const STREAM_MOCK = { latencyMs: 50, chunks: 100, eventsPerSecond: 20 };
const PLAIN_MOCK = { ...STREAM_MOCK, eventsPerSecond: 0 };
const STREAM_MODEL = MODEL;
const PLAIN_MODEL = SECOND_MODEL;
const PROMPT_BYTES = 128;
const TIMEOUT_MS = 30_000;
const LOG_EVERY_READINGS = 60;
/** At this load the access log grows by some 200 kB a second. */
const SHORTEN_LOG_EVERY_READINGS = 60;
const SNAPSHOT_TIMEOUT_MS = 120_000;
const SNAPSHOT_PROBE_MS = 200;
/** Between the two snapshots of a gateway that grows: a part of the run, and at most so long. */
const SNAPSHOT_PART = 1 / 3;
const MOST_SNAPSHOT_MS = 600_000;
/** Limits are in force, and so wide that nobody meets one. */
const ROOM = 4;

/** How the calls of one kind went. */
export interface SoakCalls {
  kind: "streams" | "plain";
  sent: number;
  succeeded: number;
  errors: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

/** Two snapshots of the heap of a gateway that grows, some time apart, under the same load. */
export interface HeapComparison {
  apartMs: number;
  bytesBefore: number;
  bytesAfter: number;
  /** Those that grew most. */
  changes: HeapChange[];
}

export interface SoakRun {
  pinning: string;
  warmUpS: number;
  readings: Reading[];
  growths: Growth[];
  calls: SoakCalls[];
  heap?: HeapComparison;
  /** Whatever fails the run besides growth. */
  problems: string[];
}

interface Bed {
  options: SoakOptions;
  pinning: Pinning;
  gateway: StartedGateway;
  /** One for streams, one for plain calls: neither holds up the other. */
  streams: EmbeddedGenerator;
  plain: EmbeddedGenerator;
  log(line: string): void;
}

/** Loads one gateway process for as long as it is told, and looks whether its memory grows. */
export async function runSoak(options: SoakOptions, log: (line: string) => void): Promise<SoakRun> {
  const pinning = detectPinning();
  pinSelf(pinning.generator);
  const workDir = mkdtempSync(join(tmpdir(), "headrace-soak-"));
  const removeWorkDir = removableFolder(workDir);
  const streamMock = await MockUpstream.create(workDir, pinning.mock);
  const plainMock = await MockUpstream.create(workDir, pinning.mock);
  const streams = await startGenerator(pinning.generator);
  const plain = await startGenerator(pinning.generator);
  try {
    await streamMock.behave(STREAM_MOCK);
    await plainMock.behave(PLAIN_MOCK);
    const ports = { streams: streamMock.port, plain: plainMock.port };
    const gateway = await startSoakedGateway(options, { ports, pinning, workDir });
    try {
      return await soak({ options, pinning, gateway, streams, plain, log });
    } finally {
      await gateway.stop();
    }
  } finally {
    await Promise.all([streams.close(), plain.close()]);
    await Promise.all([streamMock.stop(), plainMock.stop()]);
    removeWorkDir();
  }
}

interface Surroundings {
  /** Of the mocks. */
  ports: Record<SoakCalls["kind"], number>;
  pinning: Pinning;
  workDir: string;
}

function startSoakedGateway(
  { streams, rps }: SoakOptions,
  { ports, pinning, workDir }: Surroundings,
): Promise<StartedGateway> {
  const search = findPeer(loadPeer("headrace"));
  if ("missing" in search) throw new Error(`the gateway is ${search.missing}`);
  const concurrency = { limit: Math.ceil(streams + rps) * ROOM };
  const provider = (port: number): object => ({
    adapter: "openai-compatible",
    baseUrl: `http://127.0.0.1:${port}/v1`,
    apiKey: "mock-key",
  });
  const model = (provider: string): object => ({
    concurrency,
    targets: [{ provider, model: MODEL, concurrency }],
  });
  return startGateway({
    program: search.found,
    mockPort: ports.streams,
    workDir,
    cpus: pinning.gateway,
    keySettings: { concurrency },
    routes: {
      providers: { streams: provider(ports.streams), plain: provider(ports.plain) },
      models: { [STREAM_MODEL]: model("streams"), [PLAIN_MODEL]: model("plain") },
    },
    // A snapshot of the heap is a signal away; until it comes this costs nothing.
    env: { NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${workDir}` },
  });
}

async function soak(bed: Bed): Promise<SoakRun> {
  const { options, pinning, gateway, log } = bed;
  const series = new ReadingSeries(gateway, (reading) => onReading(bed, series.readings.length, reading));
  const calls = await loadFor(bed, options.durationMs);
  const readings = await series.stop();
  const warmUpS = options.warmUpMs / 1000;
  // Both loads have ended in the last readings, or are about to.
  const judged = readings.filter(({ atS }) => atS >= warmUpS && atS <= options.durationMs / 1000);
  const growths = GROWING.map((name) => growthOf(judged, name));
  const problems = [
    ...calls.flatMap(({ kind, errors, succeeded }) => [
      ...Object.entries(errors).map(([error, count]) => `${kind}: ${count} calls failed with ${error}`),
      ...(succeeded === 0 ? [`${kind}: no call was answered`] : []),
    ]),
    ...(isRunning(gateway.pid) ? [] : ["the gateway's process has ended"]),
  ];
  const run = { pinning: pinning.description, warmUpS, readings, growths, calls, problems };
  const grows = growsTooFast(growths);
  if (!(grows || options.compareHeap) || !isRunning(gateway.pid)) return run;
  log(`${grows ? "it grows: " : ""}two heap snapshots are compared`);
  return { ...run, heap: await compareOverTime(bed) };
}

function onReading({ gateway, log }: Bed, count: number, reading: Reading): void {
  if (count % SHORTEN_LOG_EVERY_READINGS === 0) truncateSync(join(gateway.workDir, "server.log"));
  if (count % LOG_EVERY_READINGS !== 0) return;
  const { atS, rssMb, heapUsedMb, openFiles, openRequests } = reading;
  log(
    `${(atS / 60).toFixed(1)} min: RSS ${rssMb.toFixed(1)} MB, heap ${heapUsedMb.toFixed(1)} MB, ${openFiles} open files, ${openRequests} calls open`,
  );
}

async function loadFor({ options, gateway, streams, plain }: Bed, durationMs: number): Promise<SoakCalls[]> {
  const job = (stream: boolean): Omit<LoadJob, "kind"> => ({
    target: requestTo(
      { ...gateway, model: stream ? STREAM_MODEL : PLAIN_MODEL },
      { promptBytes: PROMPT_BYTES, stream },
    ),
    durationMs,
    timeoutMs: TIMEOUT_MS,
    stream,
  });
  const [ofStreams, ofPlain] = await Promise.all([
    streams.run({ ...job(true), kind: "closed", users: options.streams }),
    plain.run({ ...job(false), kind: "open", rps: options.rps }),
  ]);
  return [callsOf("streams", ofStreams), callsOf("plain", ofPlain)];
}

function callsOf(kind: SoakCalls["kind"], { sent, succeeded, errors, latency }: LoadResult): SoakCalls {
  const { p50Ms, p99Ms, maxMs } = latency;
  return { kind, sent, succeeded, errors, p50Ms, p99Ms, maxMs };
}

/**
 * What grew is looked for when the readings are over: a snapshot stops the process for a while and takes as much memory
 * again, so one at the beginning would spoil them.
 */
async function compareOverTime(bed: Bed): Promise<HeapComparison> {
  const { options, gateway } = bed;
  const apartMs = Math.min(options.durationMs * SNAPSHOT_PART, MOST_SNAPSHOT_MS);
  const before = await takeSnapshot(gateway);
  await loadFor(bed, apartMs);
  const after = await takeSnapshot(gateway);
  return {
    apartMs,
    bytesBefore: totalBytes(before),
    bytesAfter: totalBytes(after),
    changes: compareHeaps(before, after),
  };
}

/** Node writes the file before it answers anybody again. */
async function takeSnapshot(gateway: StartedGateway): Promise<HeapSummary> {
  const folder = join(gateway.workDir, "..");
  const deadlineMs = performance.now() + SNAPSHOT_TIMEOUT_MS;
  process.kill(gateway.pid, "SIGUSR2");
  while (performance.now() < deadlineMs) {
    await sleep(SNAPSHOT_PROBE_MS);
    const name = readdirSync(folder).find((entry) => entry.endsWith(".heapsnapshot"));
    if (name === undefined || !(await isAlive(gateway))) continue;
    const file = join(folder, name);
    const summary = summariseHeap(readFileSync(file, "utf8"));
    rmSync(file);
    return summary;
  }
  throw new Error("the gateway wrote no heap snapshot");
}

async function isAlive({ host, port }: StartedGateway): Promise<boolean> {
  try {
    const response = await fetch(`http://${host}:${port}/livez`, {
      signal: AbortSignal.timeout(SNAPSHOT_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}
