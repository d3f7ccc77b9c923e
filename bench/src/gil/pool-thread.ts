import { move, workerData } from "piscina";
import type { CallWork } from "./call-work.ts";
import type { BodySize, RunnerPlan } from "./protocol.ts";
import { loadWork } from "./runner-side.ts";

/** One whole call: the body's buffer comes by transfer, the answer goes back by transfer. */
export interface PoolCall {
  size: BodySize;
  body: ArrayBuffer;
}

const plan: RunnerPlan = workerData;
const works: Record<BodySize, CallWork> = {
  small: await loadWork(plan, "small"),
  big: await loadWork(plan, "big"),
};

/** @public Called by Piscina, which loads this file by its name. */
export default function poolCall({ size, body }: PoolCall): unknown {
  const answer = works[size].callOn(new Uint8Array(body));
  const exact = answer.buffer.slice(answer.byteOffset, answer.byteOffset + answer.byteLength);
  return move(exact as ArrayBuffer);
}
