import { parseArgs } from "node:util";
import { UsageError } from "../scenarios/options.ts";
import { SHAPES, type Shape } from "./shapes.ts";

export interface ShapeOptions {
  shapes: readonly Shape[];
  rounds: number;
  rps: number;
  plainMs: number;
  streams: number;
  streamsMs: number;
  /** Folder name under bench/results; the date and time when empty. */
  name: string;
}

const FLAGS = {
  only: { type: "string", default: SHAPES.map(({ name }) => name).join(",") },
  rounds: { type: "string", default: "3" },
  quick: { type: "boolean", default: false },
  name: { type: "string", default: "" },
} as const;

export const SHAPES_USAGE: string = `Options of shapes (defaults in brackets):
  --only LIST           any of ${SHAPES.map(({ name }) => name).join(", ")} [all]
  --rounds N            each shape once a round, in turn [${FLAGS.rounds.default}]
  --quick               seconds instead of minutes: does it run, not what does it say
  --name NAME           folder under bench/results [date-time-shapes]`;

/** @throws UsageError, or the TypeError of `parseArgs` */
export function parseShapeOptions(args: readonly string[]): ShapeOptions {
  const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds > 0))
    throw new UsageError("--rounds wants a whole number above 0");
  if (!/^[\w.-]*$/.test(values.name)) {
    throw new UsageError("--name may hold letters, digits, dot, dash and _");
  }
  return {
    shapes: values.only.split(",").map(shapeOf),
    rounds,
    ...(values.quick
      ? { rps: 100, plainMs: 400, streams: 10, streamsMs: 400 }
      : { rps: 2000, plainMs: 6000, streams: 1000, streamsMs: 15_000 }),
    name: values.name,
  };
}

function shapeOf(text: string): Shape {
  const shape = SHAPES.find(({ name }) => name === text);
  if (shape === undefined) throw new UsageError(`--only: no shape called "${text}"`);
  return shape;
}
