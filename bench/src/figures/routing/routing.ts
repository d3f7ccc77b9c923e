import type { Bed } from "../bed.ts";
import { figureOf, type SectionResult } from "../figure.ts";
import { measureAllDown } from "./all-down.ts";
import { measureDeadTargets } from "./dead-target.ts";
import { FIRST_BYTE_MS } from "./routed-gateway.ts";
import { measureSlowTail } from "./slow-tail.ts";

/** What becomes of calls when targets die, or are slow now and then, or are all gone. */
export async function measureRouting(bed: Bed): Promise<SectionResult> {
  const { requests, latencyMs } = bed.options.plan.routing;
  const parts = [await measureDeadTargets(bed), await measureSlowTail(bed), await measureAllDown(bed)];
  return {
    name: "routing",
    method: [
      `One model over three targets in turn, two at one mock and one at another, each answering after ${latencyMs} ms; silence of ${FIRST_BYTE_MS} ms counts as a failure; everything else as it is by default.`,
      `A dead target: ${requests} plain requests from ${bed.options.plan.cpu.connections} connections after the third target, well until then, falls silent or stops listening.`,
      "A slow tail: the same load on a model that hedges after the target's own p95 and on one that does not, in turn; requests are counted at the mocks.",
      "All down: both mocks fall silent; single calls one after the other, each over a connection of its own.",
    ].join(" "),
    figures: parts.flatMap(({ figures }) => figures.map(figureOf)),
    problems: parts.flatMap(({ problems }) => problems),
    otherCores: parts.flatMap(({ otherCores }) => otherCores),
    readings: parts.flatMap(({ readings }) => readings),
  };
}
