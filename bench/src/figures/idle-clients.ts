import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { readTreeMemory } from "../measure/process-tree.ts";
import { type MemorySummary, TreeSampler } from "../measure/tree-sampler.ts";
import type { Bed } from "./bed.ts";
import { figureOf, type SectionResult } from "./figure.ts";
import { startGateway } from "./gateway.ts";
import { type IdleClientsHolder, startIdleClientsHolder } from "./idle-clients-holder.ts";
import type { HolderReply } from "./idle-clients-process.ts";
import { otherCores, readMachineLoad } from "./machine-load.ts";

const LIMIT_MB = 150;
const BYTES_PER_MB = 1e6;

interface IdleRun {
  /** RSS of the tree when the gateway is ready, before any client. */
  readyRssMb: number;
  /** Readings while every connection lies idle. */
  memory: MemorySummary;
  /** How long opening the connections took. */
  openMs: number;
  /** After the last reading: what the holder sees, and the open files of the gateway's process. */
  clients: HolderReply;
  gatewayOpenFiles: number;
  otherCores: number;
}

/** Memory of the process tree while thousands of keep-alive clients, each of which has made one request, say nothing. */
export async function measureIdleClients(bed: Bed): Promise<SectionResult> {
  const { runs, clients, holdMs } = bed.options.plan.idleClients;
  const readings: IdleRun[] = [];
  for (let run = 0; run < runs; run++) {
    const reading = await measureRun(bed);
    readings.push(reading);
    bed.log(
      `${reading.clients.open} idle clients opened in ${(reading.openMs / 1000).toFixed(1)} s: ${reading.memory.maxRssMb.toFixed(1)} MB (${reading.readyRssMb.toFixed(1)} MB before)`,
    );
  }
  const problems = readings.flatMap(({ clients: { open, lost }, gatewayOpenFiles }) => [
    ...(open < clients
      ? [`${open} of ${clients} connections were open at the last reading (${JSON.stringify(lost)})`]
      : []),
    ...(gatewayOpenFiles < clients
      ? [`the gateway's process held ${gatewayOpenFiles} files open, fewer than clients`]
      : []),
  ]);
  const eachKb = readings.map(({ memory, readyRssMb }) =>
    (((memory.maxRssMb - readyRssMb) * BYTES_PER_MB) / clients / 1000).toFixed(1),
  );
  return {
    name: "idle-clients",
    method:
      `${clients} connections from several loopback addresses, opened 100 at a time, each answered once and then silent; ` +
      `the highest RSS of the gateway's process tree over the next ${holdMs / 1000} s, all connections counted open after the last reading; a freshly started gateway for each run.`,
    figures: [
      figureOf({
        key: "idle-clients-rss",
        title: `RSS with ${clients} idle clients`,
        unit: "MB",
        limit: LIMIT_MB,
        runs: readings.map(({ memory }) => memory.maxRssMb),
        note: `${eachKb.join(", ")} kB a client over the ready gateway`,
        problems,
      }),
      figureOf({
        key: "ready-rss",
        title: "RSS when ready, without clients",
        unit: "MB",
        runs: readings.map(({ readyRssMb }) => readyRssMb),
        problems,
      }),
    ],
    problems,
    otherCores: readings.map((reading) => reading.otherCores),
    readings,
  };
}

async function measureRun(bed: Bed): Promise<IdleRun> {
  const { gatewayProgram: program, mock, workDir, pinning, options } = bed;
  const { clients, holdMs } = options.plan.idleClients;
  const { promptBytes } = options.plan.cpu;
  const gateway = await startGateway({ program, mockPort: mock.port, workDir, cpus: pinning.gateway });
  let holder: IdleClientsHolder | undefined;
  try {
    holder = await startIdleClientsHolder(pinning.generator);
    const loadBefore = readMachineLoad();
    const readyRssMb = readTreeMemory(gateway.pid).rssMb;
    const startedMs = performance.now();
    await holder.open(gateway, { clients, promptBytes });
    const openMs = performance.now() - startedMs;
    const sampler = new TreeSampler(gateway.pid);
    await sleep(holdMs);
    const memory = sampler.stop();
    return {
      readyRssMb,
      memory,
      openMs,
      clients: await holder.count(),
      gatewayOpenFiles: readdirSync(`/proc/${gateway.pid}/fd`).length,
      otherCores: otherCores(loadBefore, readMachineLoad()),
    };
  } finally {
    await holder?.close();
    await gateway.stop();
  }
}
