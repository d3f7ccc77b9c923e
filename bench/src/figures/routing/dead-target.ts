import { mergeHistograms, summarise } from "../../load/histogram.ts";
import type { LoadResult } from "../../load/job.ts";
import type { Bed } from "../bed.ts";
import { jobFor, withoutHistograms } from "../cpu.ts";
import type { FigureInput } from "../figure.ts";
import { type MeasuredJob, measureJob } from "../measured-job.ts";
import { setFaults } from "./mock-control.ts";
import type { Part } from "./part.ts";
import { FIRST_BYTE_MS, type RoutedBed, withRoutedBed } from "./routed-gateway.ts";

/** Of the calls. */
const MOST_FAILED_PERCENT = 0.1;
/** Then it is a machine on which the number cannot be had. */
const MOST_SLICES = 60;

/** How a target dies: it takes calls and says nothing, or nobody listens there any more. */
const DEATHS: Readonly<Record<string, (routed: RoutedBed) => Promise<void>>> = {
  silent: ({ third }) => setFaults(third.port, { fault: "never-answer" }),
  gone: ({ third }) => third.stop(),
};

/** What clients notice when one of three targets dies under load. */
export async function measureDeadTargets(bed: Bed): Promise<Part> {
  const parts: Part[] = [];
  for (const [death, kill] of Object.entries(DEATHS)) parts.push(await measureDeath(bed, death, kill));
  return {
    figures: parts.flatMap(({ figures }) => figures),
    problems: parts.flatMap(({ problems }) => problems),
    otherCores: parts.flatMap(({ otherCores }) => otherCores),
    readings: parts.flatMap(({ readings }) => readings),
  };
}

/** All slices with a dead target, as one. */
interface Dead {
  slices: MeasuredJob[];
  sent: number;
  failed: number;
  p99Ms: number;
}

async function measureDeath(
  bed: Bed,
  death: string,
  kill: (routed: RoutedBed) => Promise<void>,
): Promise<Part> {
  const { requests, latencyMs, sliceMs } = bed.options.plan.routing;
  const { well, dead } = await withRoutedBed(bed, { latencyMs }, async (routed) => {
    const { gateway } = routed;
    const measure = (durationMs: number): Promise<MeasuredJob> => {
      const job = jobFor(bed, { target: gateway, kind: "plain", durationMs });
      return measureJob({ generator: bed.generator, job, pid: gateway.pid });
    };
    await measure(bed.options.plan.cpu.warmupMs);
    const well = await measure(sliceMs);
    await kill(routed);
    const slices: MeasuredJob[] = [];
    while (slices.length < MOST_SLICES && sentIn(slices) < requests) slices.push(await measure(sliceMs));
    return { well, dead: summed(slices) };
  });
  const wellMs = well.result.latency.p99Ms;
  bed.log(
    `one of three ${death}: ${dead.failed} of ${dead.sent} failed, p99 ${wellMs.toFixed(1)} to ${dead.p99Ms.toFixed(1)} ms`,
  );
  const problems = [
    ...(failedOf(well.result) > 0
      ? [`before the ${death} target: ${JSON.stringify(well.result.errors)}`]
      : []),
    ...(dead.sent < requests ? [`${dead.sent} of ${requests} requests with a ${death} target`] : []),
  ];
  const figures: FigureInput[] = [
    {
      key: `dead-${death}-failed`,
      title: `Calls that fail when one of three targets is ${death}`,
      unit: "%",
      limit: MOST_FAILED_PERCENT,
      runs: [(100 * dead.failed) / dead.sent],
      note: `${dead.failed} of ${dead.sent}`,
      problems,
    },
    {
      key: `dead-${death}-p99-rise`,
      title: `p99 more than before, with a target that is ${death}`,
      unit: "ms",
      limit: FIRST_BYTE_MS,
      runs: [dead.p99Ms - wellMs],
      note: `${wellMs.toFixed(1)} ms before`,
      problems,
    },
  ];
  return {
    figures,
    problems,
    otherCores: [well, ...dead.slices].map((slice) => slice.otherCores),
    readings: [{ death, well: withoutHistograms(well), dead: dead.slices.map(withoutHistograms) }],
  };
}

function summed(slices: MeasuredJob[]): Dead {
  const merged = mergeHistograms(slices.map(({ result }) => result.latencyEncoded));
  return {
    slices,
    sent: sentIn(slices),
    failed: slices.reduce((sum, { result }) => sum + failedOf(result), 0),
    p99Ms: summarise(merged).p99Ms,
  };
}

function sentIn(slices: readonly MeasuredJob[]): number {
  return slices.reduce((sum, { result }) => sum + result.sent, 0);
}

function failedOf({ errors }: LoadResult): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0);
}
