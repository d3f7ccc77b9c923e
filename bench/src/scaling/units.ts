import { setTimeout as sleep } from "node:timers/promises";
import { startIdleClientsHolder } from "../figures/idle-clients-holder.ts";
import { readTreeMemory } from "../measure/process-tree.ts";
import { TreeSampler } from "../measure/tree-sampler.ts";
import { requestTo } from "../peers/start.ts";
import { accountFor, type ScalingBed, withScaledGateway } from "./bed.ts";

const PROMPT_BYTES = 128;
const TIMEOUT_MS = 60_000;
const SETTLE_MS = 500;
const LONG_CHUNKS = 100;
const SHORT_CHUNKS = 10;
const FEW_STREAMS = 0.1;

/** What one of each thing costs a gateway process: what a capacity is reckoned from. */
export interface UnitCosts {
  /** RSS of one process when ready, and the part of it that a second process does not share. */
  processMb: number;
  processPrivateMb: number;
  /** CPU of a plain call. */
  plainUs: number;
  /** CPU of beginning and ending a stream, and of each of its events at the pace of a model. */
  streamUs: number;
  eventUs: number;
  /** Memory of an open stream: what more streams take more, at their peak. */
  streamKb: number;
  /** Memory of a client that is connected and silent. */
  connectionKb: number;
}

export async function measureUnits(bed: ScalingBed): Promise<UnitCosts> {
  const streams = await measureStreams(bed);
  const units = { ...(await measurePlain(bed)), ...streams, connectionKb: await measureConnections(bed) };
  bed.log(`units: ${JSON.stringify(units)}`);
  return units;
}

async function measurePlain(
  bed: ScalingBed,
): Promise<Pick<UnitCosts, "plainUs" | "processMb" | "processPrivateMb">> {
  const { options, generator } = bed;
  await bed.mock.behave({ latencyMs: 0, chunks: LONG_CHUNKS, eventsPerSecond: 0 });
  return withScaledGateway(bed, { processes: 1 }, async (gateway) => {
    await sleep(SETTLE_MS);
    const { rssMb, pssMb } = readTreeMemory(gateway.pid);
    const job = {
      kind: "closed",
      users: options.connections,
      target: requestTo(gateway, { promptBytes: PROMPT_BYTES, stream: false }),
      stream: false,
      timeoutMs: TIMEOUT_MS,
    } as const;
    await generator.run({ ...job, durationMs: options.warmUpMs });
    const { gatewayUs } = await accountFor(bed, gateway, { ...job, durationMs: options.sliceMs });
    // The mock, the generator and this process run the same Node, so that what is shared is out of the PSS mostly.
    return { plainUs: gatewayUs, processMb: rssMb, processPrivateMb: pssMb };
  });
}

/** Streams of two lengths tell what an event costs, and few and many of them what an open one does. */
async function measureStreams(
  bed: ScalingBed,
): Promise<Pick<UnitCosts, "streamUs" | "eventUs" | "streamKb">> {
  const { streams } = bed.options;
  const few = Math.max(1, Math.round(streams * FEW_STREAMS));
  const long = await paced(bed, { chunks: LONG_CHUNKS, streams });
  const short = await paced(bed, { chunks: SHORT_CHUNKS, streams: few });
  const fewLong = await paced(bed, { chunks: LONG_CHUNKS, streams: few });
  const eventUs = (fewLong.us - short.us) / (fewLong.events - short.events);
  return {
    eventUs,
    streamUs: Math.max(0, short.us - eventUs * short.events),
    streamKb: ((long.maxRssMb - fewLong.maxRssMb) * 1000) / (streams - few),
  };
}

interface Paced {
  /** CPU of a stream. */
  us: number;
  /** Events of a stream, those that begin and end it included. */
  events: number;
  maxRssMb: number;
}

async function paced(
  bed: ScalingBed,
  { chunks, streams }: { chunks: number; streams: number },
): Promise<Paced> {
  const { options, generator } = bed;
  await bed.mock.behave({ latencyMs: 50, chunks, eventsPerSecond: options.eventsPerSecond });
  return withScaledGateway(bed, { processes: 1 }, async (gateway) => {
    const job = {
      kind: "closed",
      users: streams,
      target: requestTo(gateway, { promptBytes: PROMPT_BYTES, stream: true }),
      stream: true,
      timeoutMs: TIMEOUT_MS,
    } as const;
    await generator.run({ ...job, durationMs: options.warmUpMs });
    const sampler = new TreeSampler(gateway.pid);
    const { result, gatewayUs } = await accountFor(bed, gateway, { ...job, durationMs: options.streamsMs });
    const { maxRssMb } = sampler.stop();
    return { us: gatewayUs, events: result.events / result.succeeded, maxRssMb };
  });
}

async function measureConnections(bed: ScalingBed): Promise<number> {
  const { clients } = bed.options;
  await bed.mock.behave({ latencyMs: 0, chunks: LONG_CHUNKS, eventsPerSecond: 0 });
  return withScaledGateway(bed, { processes: 1 }, async (gateway) => {
    const holder = await startIdleClientsHolder(undefined);
    try {
      // The first hundred pay for what any traffic needs.
      await holder.open(gateway, { clients: Math.ceil(clients / 10), promptBytes: PROMPT_BYTES });
      const before = readTreeMemory(gateway.pid).rssMb;
      await holder.open(gateway, { clients, promptBytes: PROMPT_BYTES });
      await sleep(SETTLE_MS);
      return (Math.max(0, readTreeMemory(gateway.pid).rssMb - before) * 1000) / clients;
    } finally {
      await holder.close();
    }
  });
}
