import type { StepName, WorkFacts } from "./call-work.ts";

export type BodySize = "small" | "big";
export const BODY_SIZES: readonly BodySize[] = ["small", "big"];

/** What a runner (Node or Python) is told, as JSON in its first argument. */
export interface RunnerPlan {
  mode: "threads" | "processes";
  threads: number;
  /** Length of each measurement. */
  seconds: number;
  /** Files with the request bodies. */
  bodies: Record<BodySize, string>;
  patterns: string;
  ranks: string;
  /** Rate of the small calls in the tail runs. */
  smallPerSecond: number;
}

/** A runner prints one of these a line and then waits for a line on stdin, while its memory is read. */
export type RunnerMessage =
  | { kind: "ready"; facts: Partial<Record<BodySize, WorkFacts | undefined>>; runtime: string; gil: boolean }
  | { kind: "rate"; size: BodySize; step: StepName | "pool"; perSecond: number }
  | { kind: "tail"; load: "none" | "big"; latenciesMs: number[]; bigPerSecond: number };

/** The whole-call step that goes through a pool: body in, answer out, two calls a worker under way. */
export const CALLS_UNDER_WAY_PER_WORKER = 2;
