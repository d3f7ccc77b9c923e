import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { CallWork } from "./call-work.ts";
import type { BodySize, RunnerMessage, RunnerPlan } from "./protocol.ts";

/** The plan of this runner process. */
export function readPlan(): RunnerPlan {
  return JSON.parse(process.argv[2] ?? "");
}

export function readBody(plan: RunnerPlan, size: BodySize): Buffer {
  return readFileSync(plan.bodies[size]);
}

export function loadWork(plan: RunnerPlan, size: BodySize): Promise<CallWork> {
  return CallWork.load({ body: readBody(plan, size), patternsPath: plan.patterns, ranksPath: plan.ranks });
}

const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();

/** Prints the message and waits until the caller has read this process's memory. */
export async function report(message: RunnerMessage): Promise<void> {
  process.stdout.write(`${JSON.stringify(message)}\n`);
  await lines.next();
}

export function closeInput(): void {
  input.close();
}
