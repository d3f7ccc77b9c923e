import type { UnitCosts } from "../scaling/units.ts";

/** A machine and what it is to carry. */
export interface CapacityInput {
  cores: number;
  memoryGb: number;
  /** Part of the cores and of the memory that may be used, so that there is room for a peak. */
  headroom: number;
  eventsPerSecond: number;
  eventsPerStream: number;
  /** Silent clients beside, all of them together. */
  idleClients: number;
  /** Streams that are wanted in all. */
  wantedStreams: number;
}

export interface Capacity {
  /** One a core. */
  processes: number;
  /** Plain calls a second when nothing else is done. */
  plainRps: number;
  /** Streams at a time when nothing else is done, by CPU and by memory. */
  streamsByCpu: number;
  streamsByMemory: number;
  streams: number;
  limit: "CPU" | "memory";
  memoryMb: number;
  /** Of a machine's memory, with that many streams open. */
  machines: number;
  /** Open files that each process needs: a socket to the client and one to the provider for each stream. */
  filesPerProcess: number;
}

const US_PER_S = 1e6;
const MB_PER_GB = 1000;
const KB_PER_MB = 1000;
const SOCKETS_PER_STREAM = 2;

/**
 * What a machine carries. CPU adds up by call, stream and event; memory by process, client and stream. Further processes
 * count with their PSS, as the program's own pages are shared.
 */
export function capacityOf(input: CapacityInput, units: UnitCosts): Capacity {
  const { cores, memoryGb, headroom, eventsPerSecond, eventsPerStream, idleClients, wantedStreams } = input;
  const processes = cores;
  const cpuUs = cores * US_PER_S * headroom;
  const streamUsPerS = eventsPerSecond * (units.eventUs + units.streamUs / eventsPerStream);
  const baseMb =
    units.processMb +
    (processes - 1) * units.processPrivateMb +
    (idleClients * units.connectionKb) / KB_PER_MB;
  const freeMb = Math.max(0, memoryGb * MB_PER_GB * headroom - baseMb);
  const streamsByCpu = Math.floor(cpuUs / streamUsPerS);
  const streamsByMemory = Math.floor((freeMb * KB_PER_MB) / units.streamKb);
  const streams = Math.min(streamsByCpu, streamsByMemory);
  return {
    processes,
    plainRps: Math.floor(cpuUs / units.plainUs),
    streamsByCpu,
    streamsByMemory,
    streams,
    limit: streamsByCpu <= streamsByMemory ? "CPU" : "memory",
    memoryMb: baseMb + (streams * units.streamKb) / KB_PER_MB,
    machines: Math.ceil(wantedStreams / streams),
    filesPerProcess: Math.ceil((streams * SOCKETS_PER_STREAM + idleClients) / processes),
  };
}
