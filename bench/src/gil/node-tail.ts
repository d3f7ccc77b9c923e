import { setTimeout as sleep } from "node:timers/promises";
import { CallPool } from "./call-pool.ts";
import type { CallWork } from "./call-work.ts";
import { closeInput, loadWork, readPlan, report } from "./runner-side.ts";

/** The counterpart of `gil/python/tail.py`: small calls on the main thread while the pool works on big ones. */
const plan = readPlan();
const WARM_UP_CALLS = 300;

/** Open loop: call i is due at start + i / rate, and its latency counts from then. */
async function smallCalls(work: CallWork): Promise<number[]> {
  const latenciesMs: number[] = [];
  const startedMs = performance.now();
  const total = Math.floor(plan.smallPerSecond * plan.seconds);
  for (let index = 0; index < total; index++) {
    const dueMs = startedMs + (index * 1000) / plan.smallPerSecond;
    // Even when late the loop gets its turn, as it would between two requests.
    await sleep(Math.max(0, Math.ceil(dueMs - performance.now())));
    work.steps.call();
    latenciesMs.push(performance.now() - dueMs);
  }
  return latenciesMs;
}

async function withBigLoad(work: CallWork): Promise<{ latenciesMs: number[]; bigPerSecond: number }> {
  const pool = new CallPool(plan);
  await pool.warmUp("big");
  let over = false;
  let done = 0;
  const lane = async (): Promise<void> => {
    while (!over) {
      await pool.call("big");
      done++;
    }
  };
  const lanes = Array.from({ length: plan.threads }, lane);
  const startedMs = performance.now();
  const latenciesMs = await smallCalls(work);
  const bigPerSecond = (done * 1000) / (performance.now() - startedMs);
  over = true;
  await Promise.all(lanes);
  await pool.close();
  return { latenciesMs, bigPerSecond };
}

const work = await loadWork(plan, "small");
for (let i = 0; i < WARM_UP_CALLS; i++) work.steps.call();
await report({ kind: "ready", facts: {}, runtime: `Node ${process.version}`, gil: false });
await report({ kind: "tail", load: "none", latenciesMs: await smallCalls(work), bigPerSecond: 0 });
await report({ kind: "tail", load: "big", ...(await withBigLoad(work)) });
closeInput();
