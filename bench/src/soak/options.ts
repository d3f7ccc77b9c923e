import { parseArgs } from "node:util";
import { positive, resultName } from "../command-line.ts";

/** What load, and for how long. */
export interface SoakOptions {
  /** Of load in all, the warm-up included. */
  durationMs: number;
  /** Readings of this first part say nothing about growth. */
  warmUpMs: number;
  streams: number;
  rps: number;
  /** The heap is compared even when memory does not grow. */
  compareHeap: boolean;
  /** Folder name under bench/results; the date and time when empty. */
  name: string;
}

const MS_PER_MINUTE = 60_000;
const MOST_MINUTES = 7 * 24 * 60;
const WARM_UP_PART = 1 / 6;

const FLAGS = {
  minutes: { type: "string", default: "30" },
  "warm-up-minutes": { type: "string" },
  streams: { type: "string", default: "300" },
  rps: { type: "string", default: "500" },
  "compare-heap": { type: "boolean", default: false },
  name: { type: "string", default: "" },
} as const;

export const SOAK_USAGE: string = `Options of soak (defaults in brackets):
  --minutes N           of load, the warm-up included [${FLAGS.minutes.default}]
  --warm-up-minutes N   first part, which is not judged [a sixth of it]
  --streams N           streams open at a time [${FLAGS.streams.default}]
  --rps N               plain calls a second beside them [${FLAGS.rps.default}]
  --compare-heap        compare two heap snapshots afterwards even if memory does not grow
  --name NAME           folder under bench/results [date-time-soak]`;

/** @throws UsageError, or the TypeError of `parseArgs` */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
  const minutes = positive(values.minutes, "minutes", MOST_MINUTES);
  const warmUp = values["warm-up-minutes"];
  const warmUpMinutes =
    warmUp === undefined ? minutes * WARM_UP_PART : positive(warmUp, "warm-up-minutes", minutes);
  return {
    durationMs: minutes * MS_PER_MINUTE,
    warmUpMs: warmUpMinutes * MS_PER_MINUTE,
    streams: Math.round(positive(values.streams, "streams", 1e5)),
    rps: positive(values.rps, "rps", 1e6),
    compareHeap: values["compare-heap"],
    name: resultName(values.name),
  };
}
