import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Priority } from "@headrace/core/config/types-traffic";
import fc from "fast-check";
import { GateWorld } from "../testing/gate-world.ts";
import { ConcurrencyGate } from "./concurrency-gate.ts";
import { Waiter } from "./waiter.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

const RANK: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };
/** A part of a millisecond that adds up exactly. */
const TICK_MS = 2 ** -10;
/** One grant of so many goes to a lower class. */
const FAIR_GRANT = 8;

/** What a gate may do: `limit` calls, `max` that wait, for `deadlineMs`. */
interface Shape {
  readonly limit: number;
  readonly max: number;
  readonly deadlineMs?: number;
}

/** Gates with one clock that is moved by hand. */
class Bench extends GateWorld {
  readonly gates: readonly ConcurrencyGate[];

  constructor(...shapes: readonly Shape[]) {
    super();
    const { surroundings } = this;
    this.gates = shapes.map(({ limit, max, deadlineMs = 1_000 }, index) => {
      return new ConcurrencyGate(`target ${index}`, { limit, queue: { max, deadlineMs } }, surroundings);
    });
  }

  gate(index: number): ConcurrencyGate {
    const gate = this.gates[index];
    assert.ok(gate !== undefined);
    return gate;
  }

  come(number: number, at: readonly number[], how: ComesHow = {}): Caller {
    this.nowMs += TICK_MS;
    return new Caller(
      number,
      at.map((index) => this.gate(index)),
      how,
    );
  }

  leave(index: number): void {
    this.gate(index).leave();
    this.settle();
  }
}

interface ComesHow {
  readonly priority?: Priority;
  readonly sinceMs?: number | null;
  readonly onTurn?: (caller: Caller) => void;
}

/** A call, and what it was told. */
class Caller {
  readonly number: number;
  readonly gates: readonly ConcurrencyGate[];
  readonly priority: Priority;
  readonly waiter: Waiter<ConcurrencyGate>;
  readonly told: (string | ConcurrencyGate)[] = [];
  refused: string | null = null;
  at: ConcurrencyGate | null = null;

  constructor(number: number, gates: readonly ConcurrencyGate[], how: ComesHow) {
    const { priority = "normal", sinceMs = null, onTurn } = how;
    this.number = number;
    this.gates = gates;
    this.priority = priority;
    const owner = {
      onTurn: (gate: ConcurrencyGate) => {
        this.told.push(gate);
        this.at = gate;
        onTurn?.(this);
      },
      onRefused: ({ code }: { readonly code: string }) => {
        this.told.push(code);
        this.refused = code;
      },
    };
    this.waiter = new Waiter(priority, owner, sinceMs);
    this.waiter.waitAt(gates);
  }
}

/** Gates whose slots are all taken. */
function full(...shapes: readonly Shape[]): Bench {
  const bench = new Bench(...shapes);
  for (const gate of bench.gates) while (gate.tryEnter());
  return bench;
}

describe("Waiter", () => {
  it("takes the slot that is free first, and stands in no other line then", () => {
    const bench = full({ limit: 1, max: 5 }, { limit: 1, max: 5 });
    const first = bench.come(0, [0, 1]);
    const second = bench.come(1, [0, 1]);
    bench.leave(1);
    assert.deepEqual(first.told, [bench.gate(1)]);
    assert.deepEqual([bench.gate(0).waiting, bench.gate(1).waiting], [1, 1]);
    bench.leave(0);
    assert.deepEqual(second.told, [bench.gate(0)]);
    assert.deepEqual([bench.gate(0).waiting, bench.gate(1).waiting, bench.deadlines.size], [0, 0, 0]);
  });

  it("waits where there is room to, and takes a slot of one that has no queue too", () => {
    const bench = full({ limit: 1, max: 0 }, { limit: 1, max: 1 });
    const first = bench.come(0, [0, 1]);
    assert.equal(bench.come(1, [0, 1]).refused, "queue_full");
    bench.gate(0).leave();
    assert.ok(!bench.gate(0).tryEnter(), "a newcomer is not to overtake it");
    bench.settle();
    assert.deepEqual(first.told, [bench.gate(0)]);
  });

  it("is refused when no queue has room, by the first to be expected", () => {
    const bench = full({ limit: 1, max: 0 }, { limit: 1, max: 0 });
    assert.deepEqual(bench.come(0, [0, 1]).told, ["queue_full"]);
    assert.equal(bench.deadlines.size, 0);
    bench.leave(0);
    assert.ok(bench.gate(0).hasRoom);
  });

  it("waits as long as the most patient queue allows in which it has a place", () => {
    const shapes = [
      { max: 1, deadlineMs: 5_000 },
      { max: 1, deadlineMs: 100 },
      { max: 0, deadlineMs: 60_000 },
    ];
    const bench = full(...shapes.map((shape) => ({ ...shape, limit: 1 })));
    const waiting = bench.come(0, [0, 1, 2]);
    bench.pass(4_999);
    assert.deepEqual(waiting.told, []);
    bench.pass(1);
    assert.deepEqual(waiting.told, ["queue_timeout"]);
  });

  it("loses one place to a higher class and keeps the others, with their patience", () => {
    const bench = full({ limit: 1, max: 1, deadlineMs: 5_000 }, { limit: 1, max: 1, deadlineMs: 100 });
    const low = bench.come(0, [0, 1], { priority: "low" });
    bench.come(1, [0], { priority: "high" });
    assert.deepEqual(low.told, []);
    bench.pass(100);
    assert.deepEqual(low.told, ["queue_timeout"]);
    const other = bench.come(2, [1], { priority: "low" });
    bench.come(3, [1], { priority: "normal" });
    assert.deepEqual(other.told, ["queue_full"]);
  });

  it("stands by its first coming when it lines up again", () => {
    const bench = full({ limit: 1, max: 5 });
    const order: number[] = [];
    const onTurn = ({ number }: Caller): void => void order.push(number);
    bench.nowMs = 10;
    bench.come(0, [0], { onTurn });
    bench.come(1, [0], { onTurn });
    bench.come(2, [0], { onTurn, sinceMs: 10 });
    for (let i = 0; i < 3; i++) bench.leave(0);
    assert.deepEqual(order, [2, 0, 1]);
  });

  it("gives all its places up at once when it leaves", () => {
    const bench = full({ limit: 1, max: 1 }, { limit: 1, max: 1 });
    const leaver = bench.come(0, [0, 1]);
    leaver.waiter.leave();
    leaver.waiter.leave();
    assert.deepEqual([bench.gate(0).waiting, bench.gate(1).waiting, bench.deadlines.size], [0, 0, 0]);
    bench.leave(0);
    assert.deepEqual(leaver.told, []);
    assert.ok(bench.gate(0).hasRoom);
  });
});

type Step =
  | { readonly do: "come"; readonly priority: Priority; readonly at: readonly number[] }
  | { readonly do: "leave"; readonly at: number }
  | { readonly do: "forget"; readonly at: number }
  | { readonly do: "pass"; readonly ms: number }
  | { readonly do: "settle" };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("come" as const),
        priority: fc.constantFrom<Priority>("high", "normal", "low"),
        at: fc.shuffledSubarray([0, 1, 2], { minLength: 1 }),
      }),
    },
    { weight: 5, arbitrary: fc.record({ do: fc.constant("leave" as const), at: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("forget" as const), at: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.nat(600) }) },
    { weight: 3, arbitrary: fc.constant({ do: "settle" as const }) },
  ),
  { minLength: 5, maxLength: 150 },
);

const shape = fc.record({ limit: fc.integer({ min: 1, max: 3 }), max: fc.nat(4) });

/** What is to hold of calls at three gates, told by nothing but what they hear. */
class Ledger {
  readonly bench: Bench;
  readonly shapes: readonly Shape[];
  /** Whose slots are taken, by gate; null for who came when there was room. */
  readonly inside = new Map<ConcurrencyGate, (Caller | null)[]>();
  readonly waiting = new Set<Caller>();
  readonly forgotten = new Set<Caller>();
  readonly callers: Caller[] = [];
  /** Grants by gate since the first in line had one. */
  readonly #passed = new Map<ConcurrencyGate, number>();

  constructor(shapes: readonly Shape[]) {
    this.shapes = shapes;
    this.bench = new Bench(...shapes);
    for (const gate of this.bench.gates) this.inside.set(gate, []);
  }

  insideOf(gate: ConcurrencyGate): (Caller | null)[] {
    return this.inside.get(gate) ?? [];
  }

  come(priority: Priority, at: readonly number[]): void {
    const free = at.map((index) => this.bench.gate(index)).find((gate) => gate.tryEnter());
    if (free !== undefined) {
      const overtaken = [...this.waiting].filter(({ gates }) => gates.includes(free));
      assert.deepEqual(overtaken, [], "a newcomer has overtaken one that waits");
      this.insideOf(free).push(null);
      return;
    }
    const caller = this.bench.come(this.callers.length, at, {
      priority,
      onTurn: (one) => this.#onTurn(one),
    });
    this.callers.push(caller);
    if (caller.refused === null) this.waiting.add(caller);
    else {
      // Whoever is refused finds every queue full, and nobody of a lower class who has a place there alone.
      for (const gate of caller.gates) assert.equal(gate.waiting, this.#maxOf(gate));
    }
    for (const one of [...this.waiting]) if (one.refused !== null) this.#displacedBy(one, caller);
  }

  #displacedBy(one: Caller, by: Caller): void {
    assert.equal(one.refused, "queue_full");
    assert.ok(RANK[one.priority] > RANK[by.priority], "only a higher class takes a place");
    this.waiting.delete(one);
  }

  #onTurn(caller: Caller): void {
    const { at } = caller;
    assert.ok(at !== null && caller.gates.includes(at));
    this.waiting.delete(caller);
    const rivals = [...this.waiting].filter(({ gates }) => gates.includes(at));
    const same = rivals.filter(({ priority }) => priority === caller.priority);
    assert.ok(
      same.every(({ number }) => number > caller.number),
      "out of turn within a class",
    );
    const better = rivals.filter(({ priority }) => RANK[priority] < RANK[caller.priority]);
    const passed = this.#passed.get(at) ?? 0;
    if (better.length > 0) assert.ok(passed >= FAIR_GRANT - 1, "a lower class out of turn");
    const worse = rivals.some(({ priority }) => RANK[priority] > RANK[caller.priority]);
    this.#passed.set(at, better.length > 0 || !worse ? 0 : passed + 1);
    this.insideOf(at).push(caller);
  }

  leave(at: number): void {
    const taken = this.bench.gates.flatMap((gate) => this.insideOf(gate).map(() => gate));
    const gate = taken[at % Math.max(1, taken.length)];
    if (gate === undefined) return;
    this.insideOf(gate).pop();
    gate.leave();
  }

  forget(at: number): void {
    const caller = [...this.waiting][at % Math.max(1, this.waiting.size)];
    if (caller === undefined) return;
    caller.waiter.leave();
    this.waiting.delete(caller);
    this.forgotten.add(caller);
  }

  pass(ms: number): void {
    this.bench.pass(ms);
    for (const one of [...this.waiting]) {
      if (one.refused === null) continue;
      assert.equal(one.refused, "queue_timeout");
      this.waiting.delete(one);
    }
  }

  settle(): void {
    this.bench.settle();
    for (const gate of this.bench.gates) {
      const wanted = [...this.waiting].some(({ gates }) => gates.includes(gate));
      assert.ok(!wanted || gate.inside === gate.limit, "a free slot is kept from one that waits for it");
    }
  }

  check(): void {
    assert.deepEqual(this.bench.bugs, []);
    assert.equal(this.bench.deadlines.size, this.waiting.size);
    for (const gate of this.bench.gates) {
      assert.equal(gate.inside, this.insideOf(gate).length);
      assert.ok(gate.inside <= gate.limit);
      assert.ok(gate.waiting <= this.#maxOf(gate));
      assert.ok(gate.waiting <= [...this.waiting].filter(({ gates }) => gates.includes(gate)).length);
    }
    for (const one of this.callers) {
      const isOver = !this.waiting.has(one) && !this.forgotten.has(one);
      assert.equal(one.told.length, isOver ? 1 : 0, "each is told one thing, once");
    }
  }

  #maxOf(gate: ConcurrencyGate): number {
    return this.shapes[this.bench.gates.indexOf(gate)]?.max ?? 0;
  }
}

describe("calls that wait at several gates, under any use", () => {
  it("leak no slot, never are more than a limit, keep their order and have one place to go", () => {
    fc.assert(
      fc.property(fc.tuple(shape, shape, shape), steps, (shapes, all) => {
        const ledger = new Ledger(shapes);
        for (const one of all) {
          if (one.do === "come") ledger.come(one.priority, one.at);
          else if (one.do === "leave") ledger.leave(one.at);
          else if (one.do === "forget") ledger.forget(one.at);
          else if (one.do === "pass") ledger.pass(one.ms);
          else ledger.settle();
          ledger.check();
        }
        ledger.settle();
        for (let i = 0; i < 1_000; i++) {
          ledger.leave(i);
          ledger.settle();
          ledger.check();
        }
        assert.equal(ledger.waiting.size, 0);
        for (const gate of ledger.bench.gates) assert.deepEqual([gate.inside, gate.waiting], [0, 0]);
      }),
      { numRuns: 400 },
    );
  });
});
