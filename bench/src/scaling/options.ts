import { parseArgs } from "node:util";
import { resultName, UsageError } from "../command-line.ts";

/** What is measured, and for how long. */
export interface ScalingOptions {
  processes: readonly number[];
  workers: readonly number[];
  rounds: number;
  connections: number;
  warmUpMs: number;
  sliceMs: number;
  /** Constant arrival for the tail, on every number of processes alike. */
  tailRps: number;
  /** Prompts of this size are counted for the curve of the workers. */
  promptBytes: number;
  counters: number;
  /** For what a stream, an event and a connection cost. */
  streams: number;
  streamsMs: number;
  /** Of one of these streams: the pace of a model. */
  eventsPerSecond: number;
  clients: number;
  quick: boolean;
  /** Folder name under bench/results; the date and time when empty. */
  name: string;
}

const FLAGS = {
  processes: { type: "string", default: "1,2,4" },
  workers: { type: "string", default: "1,2,4" },
  rounds: { type: "string", default: "3" },
  quick: { type: "boolean", default: false },
  name: { type: "string", default: "" },
} as const;

export const SCALING_USAGE: string = `Options of scaling (defaults in brackets):
  --processes LIST      gateway processes [${FLAGS.processes.default}]
  --workers LIST        worker threads of one process [${FLAGS.workers.default}]
  --rounds N            each number once a round [${FLAGS.rounds.default}]
  --quick               seconds instead of minutes: does it run, not what does it say
  --name NAME           folder under bench/results [date-time-scaling]`;

const FULL = {
  connections: 64,
  warmUpMs: 3000,
  sliceMs: 5000,
  tailRps: 1000,
  promptBytes: 100_000,
  counters: 8,
  streams: 1000,
  streamsMs: 15_000,
  eventsPerSecond: 20,
  clients: 10_000,
};
const QUICK = {
  ...FULL,
  ...{ connections: 8, warmUpMs: 200, sliceMs: 400, tailRps: 100, promptBytes: 10_000 },
  ...{ streams: 40, streamsMs: 400, eventsPerSecond: 400, clients: 200 },
};

/** @throws UsageError, or the TypeError of `parseArgs` */
export function parseScalingOptions(args: readonly string[]): ScalingOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
  return {
    processes: counts(values.processes, "processes"),
    workers: counts(values.workers, "workers"),
    rounds: counts(values.rounds, "rounds")[0] ?? 1,
    ...(values.quick ? QUICK : FULL),
    quick: values.quick,
    name: resultName(values.name),
  };
}

function counts(text: string, flag: string): number[] {
  const values = text.split(",").map(Number);
  if (values.some((value) => !Number.isInteger(value) || value < 1 || value > 64)) {
    throw new UsageError(`--${flag} wants whole numbers from 1 to 64 separated by commas, got "${text}"`);
  }
  return values;
}
