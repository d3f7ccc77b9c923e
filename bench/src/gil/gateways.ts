import { mkdtempSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddedGenerator, startGenerator } from "../load/generator.ts";
import { removableFolder } from "../measure/clean-up.ts";
import { detectPinning } from "../measure/pinning.ts";
import { isRunning, readTreeMemory } from "../measure/process-tree.ts";
import { type FoundPeer, findPeer } from "../peers/find.ts";
import { MockUpstream } from "../peers/mock.ts";
import { loadPeer, type PeerRecord } from "../peers/record.ts";
import { type Contestant, requestTo, startPeer } from "../peers/start.ts";
import type { GatewayRow } from "./results.ts";
import type { MissingRuntime } from "./runtimes.ts";
import type { GilSessionOptions } from "./session.ts";

const GATEWAYS = ["headrace", "litellm"] as const;
const CONNECTIONS = 64;
const BIG_CONNECTIONS = 2;
const MIXED_SMALL_RPS = 20;
const PROMPT_BYTES = 128;
const TIMEOUT_MS = 20_000;
/** Long enough for a percentile at the small rate, and for a gateway that answers a hundred times a second. */
const MIN_DURATION_MS = 4000;
const WARM_UP_MS = 1500;

interface Bed {
  mock: MockUpstream;
  /** One for the small requests, one for the big prompts. */
  small: EmbeddedGenerator;
  big: EmbeddedGenerator;
  workDir: string;
}

/** Whole gateways with 1 … N processes: how they scale, and what big prompts do to small requests. */
export async function compareGateways(
  options: GilSessionOptions,
): Promise<{ rows: GatewayRow[]; missing: MissingRuntime[] }> {
  const rows: GatewayRow[] = [];
  const missing: MissingRuntime[] = [];
  const pinning = detectPinning();
  const workDir = mkdtempSync(join(tmpdir(), "headrace-gil-gateways-"));
  const removeWorkDir = removableFolder(workDir);
  const mock = await MockUpstream.create(workDir, pinning.mock);
  const small = await startGenerator(pinning.generator);
  const big = await startGenerator(pinning.generator);
  try {
    await mock.behave({ latencyMs: 0, chunks: 1, eventsPerSecond: 0 });
    for (const name of GATEWAYS) {
      const record = loadPeer(name);
      const search = findPeer(record, name === "litellm" ? options.gil.litellm || undefined : undefined);
      if ("missing" in search) {
        missing.push({ title: record.title, reason: search.missing });
        continue;
      }
      for (const workers of options.gil.threads) {
        const peer = { record, found: search.found, workers };
        const row = await measureGateway(options, peer, { mock, small, big, workDir });
        if (row !== undefined) rows.push(row);
        else
          missing.push({ title: `${record.title} with ${workers}`, reason: "ended while it was measured" });
      }
    }
    return { rows, missing };
  } finally {
    await mock.stop();
    await Promise.all([small.close(), big.close()]);
    removeWorkDir();
  }
}

/** Undefined when the gateway's process ended under the load: then there is no figure. */
async function measureGateway(
  options: GilSessionOptions,
  peer: { record: PeerRecord; found: FoundPeer; workers: number },
  bed: Bed,
): Promise<GatewayRow | undefined> {
  const { workers } = peer;
  const gateway = await startPeer({
    ...peer,
    mockPort: bed.mock.port,
    workDir: bed.workDir,
    cpus: `0-${Math.min(workers, cpus().length) - 1}`,
  });
  try {
    const row = await measureWorkers(gateway, { workers, options, bed });
    if (gateway.pid === undefined || !isRunning(gateway.pid)) return undefined;
    options.log(
      `${gateway.title} with ${workers}: ${row.rps.toFixed(0)} rps, small p99 beside big prompts ${row.mixedSmallP99Ms.toFixed(1)} ms, ${row.rssMb.toFixed(0)} MB`,
    );
    return row;
  } finally {
    await gateway.stop();
  }
}

async function measureWorkers(
  gateway: Contestant,
  { workers, options, bed }: { workers: number; options: GilSessionOptions; bed: Bed },
): Promise<GatewayRow> {
  const durationMs = Math.max(MIN_DURATION_MS, options.gil.seconds * 1000);
  const base = { durationMs, timeoutMs: TIMEOUT_MS, stream: false };
  const target = requestTo(gateway, { promptBytes: PROMPT_BYTES, stream: false });
  const bigTarget = requestTo(gateway, { promptBytes: options.gil.bigBytes, stream: false });
  await bed.small.run({ ...base, durationMs: WARM_UP_MS, target, kind: "closed", users: CONNECTIONS });
  const full = await bed.small.run({ ...base, target, kind: "closed", users: CONNECTIONS });
  const [mixed, bigOnes] = await Promise.all([
    bed.small.run({ ...base, target, kind: "open", rps: MIXED_SMALL_RPS }),
    bed.big.run({ ...base, target: bigTarget, kind: "closed", users: BIG_CONNECTIONS }),
  ]);
  const all = [full, mixed, bigOnes];
  const succeeded = all.reduce((sum, result) => sum + result.succeeded, 0);
  const failed = all.reduce(
    (sum, result) => sum + Object.values(result.errors).reduce((n, count) => n + count, 0),
    0,
  );
  return {
    gateway: gateway.title,
    workers,
    rps: full.achievedRps,
    p99Ms: full.latency.p99Ms,
    mixedSmallP50Ms: mixed.latency.p50Ms,
    mixedSmallP99Ms: mixed.latency.p99Ms,
    mixedBigRps: bigOnes.achievedRps,
    successRatio: succeeded / Math.max(1, succeeded + failed),
    rssMb: gateway.pid === undefined ? 0 : readTreeMemory(gateway.pid).rssMb,
  };
}
