import assert from "node:assert/strict";
import type { ConcurrencyConfig } from "@headrace/core/config/types-routing";
import { type MicroBench, microBench } from "@headrace/core/testing/micro-bench";
import { ConcurrencyGate, type GateSurroundings } from "./concurrency-gate.ts";
import { Waiter } from "./waiter.ts";

const WAITING = 1_000;
const SURROUNDINGS: GateSurroundings = {
  nowMs: () => performance.now(),
  deadlines: { add: () => {}, delete: () => {} },
  defer: (run) => run(),
  onBug: assert.ifError,
};
const OWNER = { onTurn: () => {}, onRefused: () => {} };

function config(limit: number): ConcurrencyConfig {
  return { limit, queue: { max: 2 * WAITING, deadlineMs: 10_000 } };
}

export const benches: readonly MicroBench[] = [
  microBench("enter and leave", () => {
    const gate = new ConcurrencyGate("model open", config(100), SURROUNDINGS);
    return {
      run: () => {
        const entered = gate.tryEnter();
        gate.leave();
        return entered;
      },
      check: (entered) => {
        assert.ok(entered);
        assert.equal(gate.inside, 0);
      },
    };
  }),
  microBench("wait behind 1,000 others and leave the queue", () => {
    const gate = new ConcurrencyGate("model full", config(1), SURROUNDINGS);
    gate.tryEnter();
    for (let count = 0; count < WAITING; count += 1) new Waiter("normal", OWNER).waitAt([gate]);
    return {
      run: () => {
        const waiter = new Waiter("normal", OWNER);
        waiter.waitAt([gate]);
        const { waiting } = gate;
        waiter.leave();
        return waiting;
      },
      check: (waiting) => {
        assert.equal(waiting, WAITING + 1);
        assert.equal(gate.waiting, WAITING);
      },
    };
  }),
];
