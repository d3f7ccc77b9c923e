import { MODEL, type StartedGateway } from "../figures/gateway.ts";
import type { LoadJob } from "../load/job.ts";
import { promptText } from "../load/request-bytes.ts";
import { readTreeMemory } from "../measure/process-tree.ts";
import { requestTo } from "../peers/start.ts";
import { type Accounted, accountFor, type ScalingBed, withScaledGateway } from "./bed.ts";

const AT_ONCE = { latencyMs: 0, chunks: 100, eventsPerSecond: 0 };
const PROMPT_BYTES = 128;
const TIMEOUT_MS = 30_000;

/** One number of processes or workers under one load, in one round. */
export interface CurvePoint {
  axis: "processes" | "workers";
  count: number;
  load: "plain" | "stream" | "counted prompt";
  rps: number;
  gatewayUs: number;
  generatorUs: number;
  mockUs: number;
  gatewayCores: number;
  balance: number;
  /** p99 at a constant rate for processes, in the closed loop for workers. */
  p99Ms: number;
  rssMb: number;
  pssMb: number;
  errors: Record<string, number>;
}

/** Every number of processes and of workers once, each on a gateway of its own. */
export async function measureCurves(bed: ScalingBed): Promise<CurvePoint[]> {
  const points: CurvePoint[] = [];
  await bed.mock.behave(AT_ONCE);
  for (const count of bed.options.processes) {
    points.push(
      ...(await withScaledGateway(bed, { processes: count }, (gateway) =>
        measureProcesses(bed, gateway, count),
      )),
    );
  }
  for (const count of bed.options.workers) {
    const shape = { processes: 1, workers: count };
    points.push(await withScaledGateway(bed, shape, (gateway) => measureWorkers(bed, gateway, count)));
  }
  for (const { axis, count, load, rps, gatewayUs, balance, rssMb } of points) {
    bed.log(
      `${count} ${axis}, ${load}: ${rps.toFixed(0)} a second, ${gatewayUs.toFixed(1)} µs each, balance ${balance.toFixed(2)}, ${rssMb.toFixed(0)} MB`,
    );
  }
  return points;
}

async function measureProcesses(
  bed: ScalingBed,
  gateway: StartedGateway,
  count: number,
): Promise<CurvePoint[]> {
  const { options, generator } = bed;
  const points: CurvePoint[] = [];
  for (const load of ["plain", "stream"] as const) {
    const stream = load === "stream";
    const target = requestTo(gateway, { promptBytes: PROMPT_BYTES, stream });
    const base = { target, stream, timeoutMs: TIMEOUT_MS };
    const closed: LoadJob = {
      ...base,
      kind: "closed",
      users: options.connections,
      durationMs: options.sliceMs,
    };
    await generator.run({ ...closed, durationMs: options.warmUpMs });
    const full = await accountFor(bed, gateway, closed);
    // A stream is a hundred times a plain call: at a hundredth of the rate both leave the gateway as idle.
    const rps = stream ? options.tailRps / 20 : options.tailRps;
    const tail = await generator.run({ ...base, kind: "open", rps, durationMs: options.sliceMs });
    points.push(pointOf({ axis: "processes", count, load, p99Ms: tail.latency.p99Ms }, full, gateway));
  }
  return points;
}

async function measureWorkers(bed: ScalingBed, gateway: StartedGateway, count: number): Promise<CurvePoint> {
  const { options, generator } = bed;
  const { host, port, headers } = gateway;
  const body = JSON.stringify({ model: MODEL, prompt: promptText(options.promptBytes) });
  const target = { host, port, headers, path: "/tokenize", body };
  const base = {
    target,
    stream: false,
    timeoutMs: TIMEOUT_MS,
    kind: "closed",
    users: options.counters,
  } as const;
  // Each thread loads the tokeniser with its first prompt.
  await generator.run({ ...base, durationMs: options.warmUpMs });
  const full = await accountFor(bed, gateway, { ...base, durationMs: options.sliceMs });
  const p99Ms = full.result.latency.p99Ms;
  return pointOf({ axis: "workers", count, load: "counted prompt", p99Ms }, full, gateway);
}

function pointOf(
  point: Pick<CurvePoint, "axis" | "count" | "load" | "p99Ms">,
  { result, ...accounted }: Accounted,
  gateway: StartedGateway,
): CurvePoint {
  const { rssMb, pssMb } = readTreeMemory(gateway.pid);
  return { ...point, rps: result.achievedRps, ...accounted, rssMb, pssMb, errors: result.errors };
}
