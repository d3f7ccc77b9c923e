import type { Bed } from "../bed.ts";
import { jobFor, withoutHistograms } from "../cpu.ts";
import { ratiosOf } from "../figure.ts";
import type { StartedGateway } from "../gateway.ts";
import { type MeasuredJob, measureJob, problemsOf } from "../measured-job.ts";
import { requestsAt, setFaults } from "./mock-control.ts";
import type { Part } from "./part.ts";
import { type RoutedBed, withRoutedBed } from "./routed-gateway.ts";

const HEDGED_MODEL = "hedged";
/** Of the answers, so much later than the others. */
const TAIL = { slowShare: 0.02, slowMs: 700 };
const MOST_RATIO = 0.5;
const MOST_EXTRA_PERCENT = 5;
/** The figure is a share, so little may come on top of it. */
const BUDGET = { share: 0.05, burst: 5 };

interface Pair {
  alone: MeasuredJob;
  hedged: MeasuredJob;
  /** Requests at the mocks more than calls, of 100 calls. */
  extraPercent: number;
}

/** p99 and further calls of a model that hedges, with one that does not in adjacent slices. */
export async function measureSlowTail(bed: Bed): Promise<Part> {
  const { latencyMs, tailRuns } = bed.options.plan.routing;
  const models = { [HEDGED_MODEL]: { hedge: { afterMs: "p95", share: BUDGET.share } } };
  const config = { routing: { hedgeBudget: BUDGET } };
  const pairs = await withRoutedBed(bed, { latencyMs, models, config }, async (routed) => {
    const pairs: Pair[] = [];
    for (const { port } of [bed.mock, routed.third]) await setFaults(port, TAIL);
    await measureModel(bed, hedgedBy(routed.gateway), bed.options.plan.cpu.warmupMs);
    for (let run = 0; run < tailRuns; run++) pairs.push(await measurePair(bed, routed));
    return pairs;
  });
  const problems = pairs.flatMap(({ alone, hedged }) => [
    ...problemsOf("without hedges", alone.result),
    ...problemsOf("with hedges", hedged.result),
  ]);
  const aloneMs = pairs.map(({ alone }) => alone.result.latency.p99Ms);
  const hedgedMs = pairs.map(({ hedged }) => hedged.result.latency.p99Ms);
  return {
    figures: [
      {
        key: "hedged-p99-ratio",
        title: `p99 with hedges by p99 without, ${TAIL.slowShare * 100} % of the answers ${TAIL.slowMs} ms late`,
        unit: "×",
        limit: MOST_RATIO,
        runs: ratiosOf(hedgedMs, aloneMs),
        problems,
      },
      {
        key: "hedged-p99",
        title: "p99 with hedges",
        unit: "ms",
        runs: hedgedMs,
        beside: { name: "without", runs: aloneMs },
        problems,
      },
      {
        key: "hedged-extra",
        title: "Requests to providers more than calls",
        unit: "%",
        limit: MOST_EXTRA_PERCENT,
        runs: pairs.map(({ extraPercent }) => extraPercent),
        problems,
      },
    ],
    problems,
    otherCores: pairs.flatMap(({ alone, hedged }) => [alone.otherCores, hedged.otherCores]),
    readings: pairs.map(({ alone, hedged, extraPercent }) => ({
      ...{ alone: withoutHistograms(alone), hedged: withoutHistograms(hedged), extraPercent },
    })),
  };
}

function hedgedBy(gateway: StartedGateway): StartedGateway {
  return { ...gateway, model: HEDGED_MODEL };
}

async function measurePair(bed: Bed, { gateway, third }: RoutedBed): Promise<Pair> {
  const { tailMs } = bed.options.plan.routing;
  const seen = async (): Promise<number> =>
    (await requestsAt(bed.mock.port)) + (await requestsAt(third.port));
  const alone = await measureModel(bed, gateway, tailMs);
  const before = await seen();
  const hedged = await measureModel(bed, hedgedBy(gateway), tailMs);
  const extra = (await seen()) - before - hedged.result.sent;
  const extraPercent = (100 * extra) / hedged.result.sent;
  bed.log(
    `p99 ${alone.result.latency.p99Ms.toFixed(0)} ms, with hedges ${hedged.result.latency.p99Ms.toFixed(0)} ms at ${extraPercent.toFixed(2)} % more requests`,
  );
  return { alone, hedged, extraPercent };
}

function measureModel(bed: Bed, target: StartedGateway, durationMs: number): Promise<MeasuredJob> {
  const job = jobFor(bed, { target, kind: "plain", durationMs });
  return measureJob({ generator: bed.generator, job, pid: target.pid });
}
