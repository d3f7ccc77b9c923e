import { requestTo } from "../../peers/start.ts";
import type { Bed } from "../bed.ts";
import { post, type StartedGateway } from "../gateway.ts";
import { setFaults } from "./mock-control.ts";
import type { Part } from "./part.ts";
import { withRoutedBed } from "./routed-gateway.ts";

const LIMIT_MS = 50;
/** Enough failures of each target to open its circuit. */
const FIRST_CALLS = 6;
const CODE = /"code":"no_target_available"/;

interface Timed {
  tookMs: number;
  status: number;
  body: string;
}

/** How long calls take that no target answers: at first, while each has to be found out, and then. */
export async function measureAllDown(bed: Bed): Promise<Part> {
  const { downCalls, latencyMs } = bed.options.plan.routing;
  const { first, then } = await withRoutedBed(bed, { latencyMs }, async ({ gateway, third }) => {
    for (const { port } of [bed.mock, third]) await setFaults(port, { fault: "never-answer" });
    // All at once, or each would wait for what the one before has found out.
    const first = await Promise.all(Array.from({ length: FIRST_CALLS }, () => timed(gateway)));
    const then: Timed[] = [];
    for (let call = 0; call < downCalls; call++) then.push(await timed(gateway));
    return { first, then };
  });
  const problems = [
    ...first.flatMap(({ status, body }) =>
      status >= 500 ? [] : [`at first ${status}: ${body.slice(0, 200)}`],
    ),
    ...then.flatMap(({ status, body }) =>
      status === 503 && CODE.test(body) ? [] : [`${status}: ${body.slice(0, 200)}`],
    ),
  ];
  const firstMs = Math.max(...first.map(({ tookMs }) => tookMs));
  const thenMs = then.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
  const slowestMs = thenMs.at(-1) ?? Number.NaN;
  const middleMs = thenMs[Math.floor(thenMs.length / 2)] ?? Number.NaN;
  bed.log(
    `all down: ${firstMs.toFixed(0)} ms at first, then ${middleMs.toFixed(2)} ms, ${slowestMs.toFixed(1)} ms at most`,
  );
  return {
    figures: [
      {
        key: "all-down",
        title: `Slowest of ${downCalls} answers when all targets are silent and their circuits open`,
        unit: "ms",
        limit: LIMIT_MS,
        runs: [slowestMs],
        note: `${middleMs.toFixed(1)} ms in the middle`,
        problems,
      },
      {
        key: "all-down-first",
        title: "Slowest of the first answers, before that is known",
        unit: "ms",
        runs: [firstMs],
        note: "three targets, each silent for 1,000 ms",
        problems,
      },
    ],
    problems,
    otherCores: [],
    readings: [{ firstMs: first.map(({ tookMs }) => tookMs), thenMs }],
  };
}

async function timed(gateway: StartedGateway): Promise<Timed> {
  const { path, body } = requestTo(gateway, { promptBytes: 64, stream: false });
  const startedMs = performance.now();
  const answer = await post(gateway, path, body);
  return { tookMs: performance.now() - startedMs, ...answer };
}
