import { parseArgs } from "node:util";
import { resultName, UsageError } from "../command-line.ts";
import { SHAPES, type Shape } from "./shapes.ts";

export interface ShapeOptions {
  shapes: readonly Shape[];
  rounds: number;
  rps: number;
  plainMs: number;
  streams: number;
  streamsMs: number;
  /** Of one stream of 100. */
  eventsPerSecond: number;
  /** Folder name under bench/results; the date and time when empty. */
  name: string;
}

const FLAGS = {
  only: { type: "string", default: SHAPES.map(({ name }) => name).join(",") },
  rounds: { type: "string", default: "3" },
  rps: { type: "string", default: "2000" },
  streams: { type: "string", default: "1000" },
  quick: { type: "boolean", default: false },
  name: { type: "string", default: "" },
} as const;

export const SHAPES_USAGE: string = `Options of shapes (defaults in brackets):
  --only LIST           any of ${SHAPES.map(({ name }) => name).join(", ")} [all]
  --rounds N            each shape once a round, in turn [${FLAGS.rounds.default}]
  --rps N               plain calls a second [${FLAGS.rps.default}]
  --streams N           streams at a time [${FLAGS.streams.default}]
  --quick               seconds instead of minutes: does it run, not what does it say
  --name NAME           folder under bench/results [date-time-shapes]`;

/** @throws UsageError, or the TypeError of `parseArgs` */
export function parseShapeOptions(args: readonly string[]): ShapeOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
  const load = { rps: whole(values.rps, "rps"), streams: whole(values.streams, "streams") };
  return {
    shapes: values.only.split(",").map(shapeOf),
    rounds: whole(values.rounds, "rounds"),
    ...(values.quick
      ? { rps: 100, plainMs: 400, streams: 10, streamsMs: 400, eventsPerSecond: 400 }
      : { ...load, plainMs: 6000, streamsMs: 15_000, eventsPerSecond: 20 }),
    name: resultName(values.name),
  };
}

function whole(text: string, flag: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) {
    throw new UsageError(`--${flag} wants a whole number above 0, got "${text}"`);
  }
  return value;
}

function shapeOf(text: string): Shape {
  const shape = SHAPES.find(({ name }) => name === text);
  if (shape === undefined) throw new UsageError(`--only: no shape called "${text}"`);
  return shape;
}
