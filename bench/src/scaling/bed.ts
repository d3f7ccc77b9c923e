import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StartedGateway, startGateway, untilComplete } from "../figures/gateway.ts";
import { type EmbeddedGenerator, startGenerator } from "../load/generator.ts";
import type { LoadJob, LoadResult } from "../load/job.ts";
import { removableFolder } from "../measure/clean-up.ts";
import { cpuSpentMs, readTreeCpu, type TreeCpu } from "../measure/process-tree.ts";
import { type FoundPeer, findPeer } from "../peers/find.ts";
import { MockUpstream } from "../peers/mock.ts";
import { loadPeer } from "../peers/record.ts";
import type { ScalingOptions } from "./options.ts";

/** Nothing is pinned: with several processes the scheduler has to find each of them a core. */
export interface ScalingBed {
  options: ScalingOptions;
  mock: MockUpstream;
  generator: EmbeddedGenerator;
  program: FoundPeer;
  workDir: string;
  log(line: string): void;
}

export async function withScalingBed<T>(
  options: ScalingOptions,
  log: (line: string) => void,
  use: (bed: ScalingBed) => Promise<T>,
): Promise<T> {
  const search = findPeer(loadPeer("headrace"));
  if ("missing" in search) throw new Error(`the gateway is ${search.missing}`);
  const workDir = mkdtempSync(join(tmpdir(), "headrace-scaling-"));
  const removeWorkDir = removableFolder(workDir);
  const mock = await MockUpstream.create(workDir, undefined);
  const generator = await startGenerator();
  try {
    return await use({ options, mock, generator, program: search.found, workDir, log });
  } finally {
    await generator.close();
    await mock.stop();
    removeWorkDir();
  }
}

/** Starts a gateway of its own for `use` and stops it. */
export async function withScaledGateway<T>(
  { program, mock, workDir }: ScalingBed,
  { processes, workers }: { processes: number; workers?: number },
  use: (gateway: StartedGateway) => Promise<T>,
): Promise<T> {
  const settings = workers === undefined ? {} : { workers: { threads: workers } };
  const options = { program, mockPort: mock.port, workDir, cpus: undefined, processes, settings };
  const gateway = await startGateway(options);
  try {
    // The first process answers before the last one listens, and connections stay where they were accepted.
    await untilComplete(gateway, true);
    return await use(gateway);
  } finally {
    await gateway.stop();
  }
}

/** Who used the CPU while a job ran, by answered request. */
export interface Accounted {
  result: LoadResult;
  gatewayUs: number;
  generatorUs: number;
  mockUs: number;
  /** Cores that the gateway's tree was busy with. */
  gatewayCores: number;
  /**
   * The mean share of a gateway process by the busiest one's: 1 when all do the same. Below it the busiest one is full
   * while others have time left.
   */
  balance: number;
}

export async function accountFor(
  { generator, mock }: ScalingBed,
  gateway: StartedGateway,
  job: LoadJob,
): Promise<Accounted> {
  const mockPid = mock.pid ?? 0;
  const before = { gateway: readTreeCpu(gateway.pid), mock: readTreeCpu(mockPid) };
  const startedMs = performance.now();
  const result = await generator.run(job);
  const wallMs = performance.now() - startedMs;
  const after = readTreeCpu(gateway.pid);
  const gatewayMs = cpuSpentMs(before.gateway, after);
  const byRequest = (cpuMs: number): number => (cpuMs * 1000) / result.succeeded;
  return {
    result,
    gatewayUs: byRequest(gatewayMs),
    generatorUs: byRequest(result.generator.cpuMs),
    mockUs: byRequest(cpuSpentMs(before.mock, readTreeCpu(mockPid))),
    gatewayCores: gatewayMs / wallMs,
    balance: balanceOf(before.gateway, after, gateway.pid),
  };
}

/** Of several processes the root only supervises. */
function balanceOf(before: TreeCpu, after: TreeCpu, rootPid: number): number {
  const serving = [...after.keys()].filter((pid) => after.size === 1 || pid !== rootPid);
  const spentMs = serving.map((pid) => (after.get(pid) ?? 0) - (before.get(pid) ?? 0));
  const mean = spentMs.reduce((sum, ms) => sum + ms, 0) / spentMs.length;
  return mean / Math.max(...spentMs);
}
