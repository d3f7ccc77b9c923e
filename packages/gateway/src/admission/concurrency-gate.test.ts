import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ConcurrencyConfig } from "@headrace/core/config/types-routing";
import type { Priority } from "@headrace/core/config/types-traffic";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import fc from "fast-check";
import { GateWorld } from "../testing/gate-world.ts";
import { ConcurrencyGate, UNLIMITED } from "./concurrency-gate.ts";
import { Waiter } from "./waiter.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const DEADLINE_MS = 1_000;
/** A part of a millisecond that adds up exactly. */
const TICK_MS = 2 ** -10;
const RANK: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };

/** A call at the gate, and what it was told. */
class Caller {
  readonly number: number;
  readonly waiter: Waiter;
  admitted = 0;
  refused: GatewayError[] = [];

  constructor(number: number, priority: Priority, onAdmitted: (caller: Caller) => void = () => {}) {
    this.number = number;
    this.waiter = new Waiter(priority, {
      onTurn: () => {
        this.admitted++;
        onAdmitted(this);
      },
      onRefused: (error) => this.refused.push(error),
    });
  }

  get told(): number {
    return this.admitted + this.refused.length;
  }
}

/** A gate with a clock that is moved by hand. */
class Bench extends GateWorld {
  readonly gate: ConcurrencyGate;
  #callers = 0;

  constructor(limit: number, max: number, deadlineMs: number = DEADLINE_MS) {
    super();
    this.gate = new ConcurrencyGate("model m", config(limit, max, deadlineMs), this.surroundings);
  }

  queue(priority: Priority, onAdmitted?: (caller: Caller) => void): Caller {
    const caller = new Caller(this.#callers++, priority, onAdmitted);
    this.nowMs += TICK_MS; // so that who comes later has waited less
    caller.waiter.waitAt([this.gate]);
    return caller;
  }

  leave(): void {
    this.gate.leave();
    this.settle();
  }
}

function config(limit: number, max: number, deadlineMs: number = DEADLINE_MS): ConcurrencyConfig {
  return { limit, queue: { max, deadlineMs } };
}

function filled(limit: number, max: number, deadlineMs?: number): Bench {
  const bench = new Bench(limit, max, deadlineMs);
  for (let i = 0; i < limit; i++) assert.ok(bench.gate.tryEnter());
  assert.ok(!bench.gate.tryEnter());
  return bench;
}

const numbers = (callers: readonly Caller[]): number[] => callers.map(({ number }) => number);

describe("ConcurrencyGate", () => {
  it("admits those that wait in the order of their classes, and within one in that of their coming", () => {
    const bench = filled(1, 10);
    const order: Caller[] = [];
    for (const priority of ["low", "normal", "high", "low", "normal", "high"] as const)
      bench.queue(priority, (caller) => order.push(caller));
    for (let i = 0; i < 6; i++) bench.leave();
    assert.deepEqual(numbers(order), [2, 5, 1, 4, 0, 3]);
    bench.leave();
    assert.equal(bench.gate.inside, 0);
    assert.equal(bench.deadlines.size, 0);
  });

  it("gives no slot back that nobody had, and gives the next its slot whatever one does with its own", () => {
    const bench = filled(1, 10);
    const bug = new Error("a bug");
    bench.queue("normal", () => {
      throw bug;
    });
    const next = bench.queue("normal");
    bench.leave();
    bench.leave();
    assert.deepEqual([bench.bugs, next.admitted], [[bug], 1]);
    bench.leave();
    assert.throws(() => bench.leave(), /nobody had/);
  });

  it("gives every eighth slot to the oldest of a lower class", () => {
    const bench = filled(1, 100);
    const order: Caller[] = [];
    const low = bench.queue("low", (caller) => order.push(caller));
    const normal = bench.queue("normal", (caller) => order.push(caller));
    for (let i = 0; i < 30; i++) bench.queue("high", (caller) => order.push(caller));
    for (let i = 0; i < 20; i++) bench.leave();
    assert.equal(order.indexOf(low), 7);
    assert.equal(order.indexOf(normal), 15);
  });

  it("lets nobody overtake those that wait", () => {
    const bench = filled(1, 10);
    const waiting = bench.queue("low");
    bench.gate.leave(); // its grant is still to come
    assert.ok(!bench.gate.hasRoom);
    assert.ok(!bench.gate.tryEnter());
    bench.settle();
    assert.equal(waiting.admitted, 1);
  });

  it("lets a higher class take the place of the newest of the lowest one in a full queue", () => {
    const bench = filled(1, 3);
    const [first, second, third] = (["low", "low", "normal"] as const).map((name) => bench.queue(name));
    const high = bench.queue("high");
    assert.deepEqual([first?.told, second?.told, third?.told, high.told], [0, 1, 0, 0]);
    assert.equal(second?.refused[0]?.code, "queue_full");
    const equal = bench.queue("low");
    assert.equal(equal.refused[0]?.code, "queue_full");
    assert.equal(bench.gate.waiting, 3);
  });

  it("has no queue where none may wait, not even for a higher class", () => {
    const bench = filled(1, 0);
    assert.equal(bench.queue("high").refused[0]?.code, "queue_full");
  });

  it("refuses who has waited too long, and says how long others may have to", () => {
    const bench = filled(1, 10);
    const waiting = bench.queue("high");
    bench.pass(DEADLINE_MS - 1);
    assert.equal(waiting.told, 0);
    bench.pass(1);
    assert.equal(waiting.refused[0]?.code, "queue_timeout");
    assert.equal(waiting.refused[0]?.status, 503);
    assert.equal(waiting.refused[0]?.retryAfterMs, 1_000);
    bench.leave();
    assert.equal(waiting.admitted, 0);
  });

  it("estimates from the turnover when there will be a slot", () => {
    const bench = filled(1, 3, 60_000);
    for (let i = 0; i < 3; i++) bench.queue("high");
    for (let i = 0; i < 20; i++) {
      bench.pass(800);
      bench.leave();
      bench.queue("high");
    }
    const { retryAfterMs = 0 } = bench.queue("high").refused[0] ?? {};
    assert.ok(retryAfterMs >= 2_400 && retryAfterMs <= 4_000, `${retryAfterMs}`);
  });

  it("asks for a second at least, and for a minute at most", () => {
    const bench = filled(1, 20, 60_000);
    for (let i = 0; i < 20; i++) bench.queue("high");
    assert.equal(bench.queue("high").refused[0]?.retryAfterMs, 1_000);
    bench.pass(9_000);
    assert.equal(bench.queue("high").refused[0]?.retryAfterMs, 60_000);
  });

  it("follows a changed limit at once", () => {
    const bench = filled(1, 10);
    const waiting = [0, 1, 2].map(() => bench.queue("normal"));
    bench.gate.configure(config(3, 10));
    bench.settle();
    assert.deepEqual(
      waiting.map(({ admitted }) => admitted),
      [1, 1, 0],
    );
    bench.gate.configure(config(1, 10));
    bench.leave();
    bench.leave();
    assert.equal(waiting[2]?.admitted, 0);
    bench.leave();
    assert.equal(waiting[2]?.admitted, 1);
    bench.gate.configure(UNLIMITED);
    assert.ok(bench.gate.hasRoom);
  });

  it("admits thousands that fail at once without a deep stack", () => {
    const bench = filled(1, 50_000);
    const fails = (): void => bench.gate.leave();
    for (let i = 0; i < 50_000; i++) bench.queue("normal", fails);
    bench.leave();
    assert.equal(bench.gate.waiting, 0);
    assert.equal(bench.gate.inside, 0);
  });
});

type Step =
  | { readonly do: "come"; readonly priority: Priority }
  | { readonly do: "leave"; readonly at: number }
  | { readonly do: "forget"; readonly at: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "settle" }
  | { readonly do: "limit"; readonly limit: number; readonly max: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("come" as const), priority: priorities() }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("leave" as const), at: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const), at: fc.nat(100) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(600) }) },
  { weight: 4, arbitrary: fc.constant({ do: "settle" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("limit" as const),
      limit: fc.integer({ min: 1, max: 5 }),
      max: fc.nat(6),
    }),
  },
);

function priorities(): fc.Arbitrary<Priority> {
  return fc.constantFrom("high", "normal", "low");
}

/** What the gate is to be, in the plainest words. */
class Model {
  limit = 2;
  max = 4;
  inside: Caller[] = [];
  queue: { readonly caller: Caller; readonly priority: Priority; readonly untilMs: number }[] = [];
  passed = 0;

  /** Whom the queue lets go for one of this class; undefined when it has room, the newcomer itself when it has none. */
  displacedBy(priority: Priority): Caller | "newcomer" | undefined {
    if (this.queue.length < this.max) return undefined;
    return this.#lowerThan(priority) ?? "newcomer";
  }

  next(): Caller | undefined {
    const ranked = [...this.queue].sort(
      (one, other) => RANK[one.priority] - RANK[other.priority] || one.caller.number - other.caller.number,
    );
    const [first] = ranked;
    if (first === undefined) return undefined;
    const lower = this.queue.filter(({ priority }) => RANK[priority] > RANK[first.priority]);
    const [oldest] = lower.sort((one, other) => one.caller.number - other.caller.number);
    this.passed = oldest === undefined ? 0 : this.passed + 1;
    if (oldest === undefined || this.passed < 8) return first.caller;
    this.passed = 0;
    return oldest.caller;
  }

  drop(caller: Caller): void {
    this.queue = this.queue.filter((entry) => entry.caller !== caller);
  }

  #lowerThan(priority: Priority): Caller | undefined {
    const lowest = Math.max(...this.queue.map((entry) => RANK[entry.priority]));
    if (this.max === 0 || lowest <= RANK[priority]) return undefined;
    return this.queue.filter((entry) => RANK[entry.priority] === lowest).at(-1)?.caller;
  }
}

describe("a ConcurrencyGate under any use", () => {
  it("never has more inside than its limit, and tells each waiter one thing, in order", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 120 }), (steps) => {
        const model = new Model();
        const bench = new Bench(model.limit, model.max);
        const expected: Caller[] = [];
        const admitted: Caller[] = [];
        const callers: Caller[] = [];
        const forgotten = new Set<Caller>();
        const settle = (): void => {
          while (model.inside.length < model.limit) {
            const next = model.next();
            if (next === undefined) break;
            model.drop(next);
            model.inside.push(next);
            expected.push(next);
          }
          bench.settle();
          assert.deepEqual(numbers(admitted), numbers(expected));
        };
        const come = (priority: Priority): void => {
          if (model.queue.length === 0 && model.inside.length < model.limit) {
            assert.ok(bench.gate.hasRoom);
            assert.ok(bench.gate.tryEnter());
            model.inside.push(new Caller(-1, priority));
            return;
          }
          assert.ok(!bench.gate.tryEnter());
          const displaced = model.displacedBy(priority);
          const caller = bench.queue(priority, (one) => admitted.push(one));
          callers.push(caller);
          if (displaced !== undefined && displaced !== "newcomer") {
            assert.equal(displaced.refused[0]?.code, "queue_full");
            model.drop(displaced);
          }
          if (displaced === "newcomer") assert.equal(caller.refused[0]?.code, "queue_full");
          else model.queue.push({ caller, priority, untilMs: bench.nowMs + DEADLINE_MS });
        };
        for (const one of steps) {
          if (one.do === "come") come(one.priority);
          else if (one.do === "settle") settle();
          else if (one.do === "leave") {
            if (model.inside.length === 0) continue;
            model.inside.splice(one.at % model.inside.length, 1);
            bench.gate.leave();
          } else if (one.do === "forget") {
            const { caller } = model.queue[one.at % model.queue.length] ?? {};
            if (caller === undefined) continue;
            caller.waiter.leave();
            caller.waiter.leave(); // leaving twice is leaving once
            forgotten.add(caller);
            model.drop(caller);
          } else if (one.do === "pass") {
            settle();
            bench.pass(one.ms);
            for (const { caller, untilMs } of model.queue) {
              if (untilMs > bench.nowMs) continue;
              assert.equal(caller.refused[0]?.code, "queue_timeout");
              model.drop(caller);
            }
          } else {
            [model.limit, model.max] = [one.limit, one.max];
            bench.gate.configure(config(one.limit, one.max));
          }
          assert.equal(bench.gate.inside, model.inside.length);
          assert.equal(bench.gate.waiting, model.queue.length);
          assert.equal(bench.deadlines.size, model.queue.length);
          for (const caller of callers) assert.ok(caller.told <= (forgotten.has(caller) ? 0 : 1));
        }
        // In the end everybody has been told.
        settle();
        while (model.inside.length > 0) {
          model.inside.pop();
          bench.gate.leave();
          settle();
        }
        for (const caller of callers) assert.equal(caller.told, forgotten.has(caller) ? 0 : 1);
        assert.equal(bench.gate.waiting, 0);
      }),
      { numRuns: 500 },
    );
  });
});
