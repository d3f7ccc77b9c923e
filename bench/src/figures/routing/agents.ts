import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { summarise } from "../../load/histogram.ts";
import { seededRandom } from "../../measure/statistics.ts";
import { TreeSampler } from "../../measure/tree-sampler.ts";
import type { Bed } from "../bed.ts";
import { figureOf, type SectionResult } from "../figure.ts";
import { otherCores, readMachineLoad } from "../machine-load.ts";
import { type AgentTally, emptyTally, runAgent } from "./agent.ts";
import { setFaults } from "./mock-control.ts";
import { type RoutedBed, withRoutedBed } from "./routed-gateway.ts";

/** What the third target does in turn: all before the first word, so that no call may fail of it. */
const TROUBLES = [
  "none",
  "overloaded",
  "rate-limited",
  "cut-before-headers",
  "none",
  "error-first-event",
  "never-answer",
  "html-error",
];
const TROUBLE_EVERY_MS = 2000;
const MOST_GROWTH = 1.1;

/** Many agents that each chain calls while one of three targets fails in changing ways. */
export async function measureAgents(bed: Bed): Promise<SectionResult> {
  const { agents, calls, durationMs, thinkMs, latencyMs } = bed.options.plan.agents;
  const before = readMachineLoad();
  const { tally, rssMb } = await withRoutedBed(bed, { latencyMs }, (routed) => runAll(bed, routed));
  const spent = otherCores(before, readMachineLoad());
  const failed = Object.values(tally.failures).reduce((sum, count) => sum + count, 0);
  const earlyMb = meanOfFifth(rssMb, 1);
  const lateMb = meanOfFifth(rssMb, 4);
  const latency = summarise(tally.latency);
  bed.log(
    `${agents} agents: ${tally.calls} calls, ${tally.retried} of them retried, ${failed} failed ${JSON.stringify(tally.failures)}; RSS ${earlyMb.toFixed(1)} to ${lateMb.toFixed(1)} MB`,
  );
  const problems = [
    ...(tally.retried === 0 ? ["no call was retried"] : []),
    ...(failed === 0 ? [] : [`failed calls: ${JSON.stringify(tally.failures)}`]),
  ];
  return {
    name: "agents",
    method:
      `${agents} agents for ${durationMs / 1000} s, each with conversations of ${calls} calls one after the other, every second one streamed, ${thinkMs} ms of thinking between them on average. ` +
      `Of three targets in turn the third does something else each ${TROUBLE_EVERY_MS / 1000} s: ${TROUBLES.join(", ")}. RSS of the gateway's whole process tree each second; its growth is the mean of the last fifth of the time by that of the second fifth.`,
    figures: [
      figureOf({
        key: "agents-failed",
        title: `Calls of ${agents} agents that fail`,
        unit: "%",
        limit: 0,
        runs: [(100 * failed) / tally.calls],
        note: `${failed} of ${tally.calls}, ${tally.retried} retried, ${tally.chains} whole conversations`,
        problems: problems.slice(0, 1).filter((problem) => problem.startsWith("no call")),
      }),
      figureOf({
        key: "agents-rss-growth",
        title: "RSS at the end by RSS near the beginning",
        unit: "×",
        limit: MOST_GROWTH,
        runs: [lateMb / earlyMb],
        note: `${earlyMb.toFixed(1)} to ${lateMb.toFixed(1)} MB`,
        problems: [],
      }),
      figureOf({
        key: "agents-p99",
        title: "p99 of a call, from its sending to its last byte",
        unit: "ms",
        runs: [latency.p99Ms],
        note: `p50 ${latency.p50Ms.toFixed(1)} ms`,
        problems: [],
      }),
    ],
    problems,
    otherCores: [spent],
    readings: [{ ...tally, latency, rssMb }],
  };
}

async function runAll(
  bed: Bed,
  { gateway, third }: RoutedBed,
): Promise<{ tally: AgentTally; rssMb: number[] }> {
  const { agents, calls: callsInChain, durationMs, thinkMs } = bed.options.plan.agents;
  const tally = emptyTally();
  const random = seededRandom(1);
  const sockets = new Agent({ keepAlive: true, maxSockets: agents });
  const endsAtMs = performance.now() + durationMs;
  const sampler = new TreeSampler(gateway.pid);
  const options = { gateway, sockets, callsInChain, thinkMs, endsAtMs, random, tally };
  try {
    const running = Array.from({ length: agents }, () => runAgent(options));
    for (let at = 0; performance.now() < endsAtMs; at++) {
      await setFaults(third.port, { fault: TROUBLES[at % TROUBLES.length] ?? "none" });
      await sleep(Math.min(TROUBLE_EVERY_MS, Math.max(0, endsAtMs - performance.now())));
    }
    await Promise.all(running);
  } finally {
    sockets.destroy();
  }
  return { tally, rssMb: sampler.stop().rssMb };
}

/** @param nth - from 0 */
function meanOfFifth(values: readonly number[], nth: number): number {
  const part = values.slice(
    Math.floor((values.length * nth) / 5),
    Math.ceil((values.length * (nth + 1)) / 5),
  );
  return part.reduce((sum, value) => sum + value, 0) / part.length;
}
