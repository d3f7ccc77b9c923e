import { parseArgs } from "node:util";
import { bench, do_not_optimize, run } from "mitata";
import { ConcurrencyGate } from "../src/admission/concurrency-gate.ts";
import { Waiter } from "../src/admission/waiter.ts";

/**
 * What a limit costs a call: without a queue, and when it waits among others and leaves.
 * Run: `node --conditions=headrace-source packages/gateway/bench/concurrency-gate.bench.ts [--json]`.
 */
const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });

const WAITING = 1_000;
const surroundings = {
  nowMs: () => performance.now(),
  deadlines: { add: () => {}, delete: () => {} },
  defer: (run: () => void) => run(),
};
const owner = { onAdmitted: () => {}, onRefused: () => {} };
const config = (limit: number): { limit: number; queue: { max: number; deadlineMs: number } } => ({
  limit,
  queue: { max: 2 * WAITING, deadlineMs: 10_000 },
});

const open = new ConcurrencyGate("model open", config(100), surroundings);
bench("enter and leave", () => {
  do_not_optimize(open.tryEnter());
  open.leave();
});

const full = new ConcurrencyGate("model full", config(1), surroundings);
full.tryEnter();
for (let i = 0; i < WAITING; i++) full.wait(new Waiter("normal", owner));
bench("wait behind 1,000 others and leave the queue", () => {
  const waiter = new Waiter("normal", owner);
  full.wait(waiter);
  waiter.leave();
});

await run(values.json ? { format: "json" } : {});
