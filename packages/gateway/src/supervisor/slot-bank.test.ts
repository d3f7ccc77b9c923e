import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { ConcurrencyGate } from "../admission/concurrency-gate.ts";
import { LeasedSlots } from "../admission/leased-slots.ts";
import type { SlotNotice, SlotReport } from "../admission/slot-messages.ts";
import { Waiter } from "../admission/waiter.ts";
import { type Seat, SlotBank } from "./slot-bank.ts";

// The same cases in every run; another seed tries others.
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_260_101) });

/** One gate in one process, whose messages and timers move when the test says so. */
class Member {
  readonly gate: ConcurrencyGate;
  readonly seat: Seat;
  readonly toBank: SlotReport[] = [];
  readonly toHere: SlotNotice[] = [];
  readonly refusals: string[] = [];
  readonly waiters = new Set<Waiter<ConcurrencyGate>>();
  limit = 0;
  isAlive = true;
  readonly #machine: Machine;
  readonly #lease: LeasedSlots[] = [];
  readonly #deferred: (() => void)[] = [];
  #later: (() => void)[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
    this.seat = machine.bank.open((notices) => void this.toHere.push(...notices));
    const defer = (run: () => void): void => void this.#deferred.push(run);
    this.gate = new ConcurrencyGate(
      "model m",
      { limit: 0, queue: { max: 0, deadlineMs: 0 } },
      {
        nowMs: () => machine.nowMs,
        deadlines: { add: () => {}, delete: () => {} },
        defer,
        onBug: assert.ifError,
      },
    );
    const host = {
      report: (report: SlotReport) => void this.toBank.push(report),
      defer,
      later: (_ms: number, run: () => void) => void this.#later.push(run),
      nextEpoch: () => ++machine.epochs,
    };
    const open = (id: string, gate: ConcurrencyGate): LeasedSlots => {
      const lease = new LeasedSlots(id, gate, host);
      this.#lease.push(lease);
      return lease;
    };
    this.gate.leaseFrom({ open: (id) => open(id, this.gate) }, "model:m");
  }

  configure(limit: number, max: number): void {
    this.limit = limit;
    this.#machine.hadNoLimit ||= limit === Number.POSITIVE_INFINITY;
    this.gate.configure({ limit, queue: { max, deadlineMs: 1_000 } });
    this.settle();
  }

  come(): void {
    if (this.gate.tryEnter()) {
      this.#machine.assertWithinLimit();
      return;
    }
    this.#machine.nowMs++;
    const waiter: Waiter<ConcurrencyGate> = new Waiter("normal", {
      onTurn: () => {
        this.waiters.delete(waiter);
        this.#machine.assertWithinLimit();
      },
      onRefused: ({ code }) => {
        this.waiters.delete(waiter);
        this.refusals.push(code);
      },
    });
    this.waiters.add(waiter);
    waiter.waitAt([this.gate]);
    this.settle();
  }

  leave(): void {
    if (this.gate.inside > 0) this.gate.leave();
    this.settle();
  }

  giveUp(): void {
    const [first] = this.waiters;
    first?.leave();
    if (first !== undefined) this.waiters.delete(first);
    this.settle();
  }

  /** Lets everything run that was put off to the end of the turn. */
  settle(): void {
    for (let run = this.#deferred.shift(); run !== undefined; run = this.#deferred.shift()) run();
  }

  tellBank(): boolean {
    const report = this.toBank.shift();
    if (report !== undefined) this.#machine.bank.hear(this.seat, [report]);
    return report !== undefined;
  }

  hearBank(): boolean {
    const notice = this.toHere.shift();
    if (notice !== undefined) for (const lease of this.#lease) lease.hear(notice);
    this.settle();
    return notice !== undefined;
  }

  passTime(): void {
    const due = this.#later;
    this.#later = [];
    for (const run of due) run();
    this.settle();
  }
}

class Machine {
  readonly bank: SlotBank;
  members: Member[] = [];
  nowMs = 0;
  epochs = 0;
  hadNoLimit = false;

  constructor(size: number, limit: number, max: number) {
    this.bank = new SlotBank(size);
    this.members = Array.from({ length: size }, () => this.#start(limit, max));
  }

  get running(): number {
    return this.members.reduce((sum, { gate }) => sum + gate.inside, 0);
  }

  /** Nobody is let in above what the most generous of the configs allows that are still in force somewhere. */
  assertWithinLimit(): void {
    if (this.hadNoLimit) return; // what came in then may be more
    const limit = Math.max(...this.members.map((member) => member.limit));
    assert.ok(this.running <= limit, `${this.running} calls run where ${limit} may`);
  }

  at(index: number): Member {
    const member = this.members[index % this.members.length];
    assert.ok(member !== undefined);
    return member;
  }

  /** It is gone with its calls; the bank hears of it, and what it had said last comes too late. */
  crash(index: number, limit: number, max: number): void {
    const dead = this.at(index);
    this.bank.close(dead.seat);
    this.bank.hear(dead.seat, dead.toBank);
    this.members[index % this.members.length] = this.#start(limit, max);
  }

  /** Until all messages have been heard. */
  deliver(): void {
    for (let turns = 0, more = true; more; turns++) {
      assert.ok(turns < 10_000, "they never stop talking");
      more = this.members.flatMap((member) => [member.tellBank(), member.hearBank()]).some(Boolean);
    }
  }

  rest(): void {
    for (let i = 0; i < 5; i++) {
      this.deliver();
      for (const member of this.members) member.passTime();
    }
    this.deliver();
  }

  #start(limit: number, max: number): Member {
    const member = new Member(this);
    member.configure(limit, max);
    return member;
  }
}

const slotsOf = (machine: Machine): number[] => machine.members.map(({ gate }) => gate.slots);

describe("SlotBank", () => {
  it("gives every process its share, and keeps what cannot be divided", () => {
    const machine = new Machine(3, 8, 0);
    machine.rest();
    assert.deepEqual(slotsOf(machine), [2, 2, 2]);
  });

  it("costs a process no message as long as its share is enough", () => {
    const machine = new Machine(2, 8, 0);
    machine.rest();
    const member = machine.at(0);
    for (let i = 0; i < 4; i++) member.come();
    for (let i = 0; i < 4; i++) member.leave();
    assert.equal(member.gate.inside, 0);
    assert.deepEqual(member.toBank, []);
  });

  for (const [size, limit] of [
    [2, 8],
    [4, 6],
    [4, 1],
  ] as const)
    it(`lends all ${limit} slots of an idle machine to one of ${size} processes, which has no queue`, () => {
      const machine = new Machine(size, limit, 0);
      machine.rest();
      const busy = machine.at(1);
      for (let i = 0; i < limit; i++) {
        busy.come();
        machine.deliver();
      }
      assert.equal(busy.gate.inside, limit);
      assert.deepEqual(busy.refusals, []);
      busy.come();
      machine.deliver();
      assert.deepEqual(busy.refusals, ["queue_full"], "nobody has one to spare: that is known at once");
      for (let i = 0; i < limit; i++) busy.leave();
      machine.rest();
      assert.deepEqual(slotsOf(machine), Array(size).fill(Math.floor(limit / size)));
    });

  it("brings a process to its share as calls of the one that has borrowed it end", () => {
    const machine = new Machine(2, 4, 100);
    machine.rest();
    const [one, other] = [machine.at(0), machine.at(1)];
    for (let i = 0; i < 20; i++) one.come();
    machine.deliver();
    assert.equal(one.gate.inside, 4);
    for (let i = 0; i < 20; i++) other.come();
    machine.deliver();
    assert.equal(other.gate.inside, 0);
    for (let i = 0; i < 2; i++) {
      one.leave();
      machine.deliver();
    }
    assert.deepEqual([one.gate.inside, other.gate.inside], [2, 2]);
    one.leave();
    machine.deliver();
    assert.deepEqual([one.gate.inside, other.gate.inside], [2, 2], "no more than the share");
  });

  it("sends the only slot round among those who wait for it", () => {
    const machine = new Machine(3, 1, 100);
    machine.rest();
    for (const member of machine.members) for (let i = 0; i < 4; i++) member.come();
    const turns: number[] = [];
    for (let i = 0; i < 12; i++) {
      machine.deliver();
      const at = machine.members.findIndex(({ gate }) => gate.inside === 1);
      turns.push(at);
      machine.at(at).leave();
    }
    assert.deepEqual(
      [0, 3, 6, 9].map((from) => turns.slice(from, from + 3).toSorted()),
      Array(4).fill([0, 1, 2]),
    );
  });

  it("gives the slots of one that has died to the others", () => {
    const machine = new Machine(2, 4, 10);
    machine.rest();
    for (let i = 0; i < 4; i++) {
      machine.at(0).come();
      machine.deliver();
    }
    machine.at(1).come();
    machine.deliver();
    assert.equal(machine.at(1).gate.inside, 0);
    machine.crash(0, 4, 10);
    machine.deliver();
    assert.equal(machine.at(1).gate.inside, 1);
    machine.rest();
    assert.ok(machine.at(0).gate.slots >= 2);
  });

  it("lets nobody in on the slots of a limit that was lowered", () => {
    const machine = new Machine(2, 10, 10);
    machine.rest();
    for (let i = 0; i < 5; i++) machine.at(0).come();
    for (const member of machine.members) member.configure(4, 10);
    machine.at(1).come(); // five run already
    machine.deliver();
    assert.deepEqual([machine.at(0).gate.inside, machine.at(1).gate.inside], [5, 0]);
    machine.at(0).leave();
    machine.deliver();
    assert.equal(machine.at(1).gate.inside, 0);
    machine.at(0).leave();
    machine.deliver();
    assert.equal(machine.at(1).gate.inside, 1);
  });

  it("counts what ran without a limit when there is one again", () => {
    const machine = new Machine(2, 4, 10);
    machine.rest();
    for (const member of machine.members) member.configure(Number.POSITIVE_INFINITY, 0);
    for (let i = 0; i < 6; i++) machine.at(0).come();
    for (const member of machine.members) member.configure(4, 10);
    machine.rest();
    machine.at(1).come();
    machine.rest();
    assert.equal(machine.running, 6);
    for (let i = 0; i < 3; i++) machine.at(0).leave();
    machine.rest();
    assert.equal(machine.at(1).gate.inside, 1);
  });
});

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("come" as const), at: fc.nat(3) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("leave" as const), at: fc.nat(3) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("tellBank" as const), at: fc.nat(3) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("hearBank" as const), at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("giveUp" as const), at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("passTime" as const), at: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), at: fc.nat(3) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("configure" as const),
      at: fc.nat(3),
      limit: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 9 }) },
        fc.constant(Number.POSITIVE_INFINITY),
      ),
    }),
  },
);

describe("processes that share a limit, under any use", () => {
  it("never run more calls than it, and leave no slot idle that one of them waits for", () => {
    const setting = fc.record({
      size: fc.integer({ min: 2, max: 4 }),
      limit: fc.integer({ min: 1, max: 9 }),
      max: fc.nat(3),
    });
    fc.assert(
      fc.property(
        setting,
        fc.array(step, { minLength: 20, maxLength: 300 }),
        ({ size, limit, max }, steps) => {
          const machine = new Machine(size, limit, max);
          let latest = limit;
          for (const one of steps) {
            if (one.do === "crash") machine.crash(one.at, latest, max);
            else if (one.do === "configure") {
              latest = one.limit;
              machine.at(one.at).configure(latest, max);
            } else machine.at(one.at)[one.do]();
          }
          const final = Number.isFinite(latest) ? latest : limit;
          for (const member of machine.members) member.configure(final, max);
          machine.rest();
          const isWaiting = machine.members.some(({ waiters }) => waiters.size > 0);
          if (isWaiting)
            assert.ok(machine.running >= final, `${machine.running} of ${final} run, and others wait`);
          for (let i = 0; i < 400 && machine.running > 0; i++) {
            machine.at(i).leave();
            machine.rest();
          }
          for (const { gate, waiters } of machine.members) {
            assert.deepEqual([gate.inside, gate.queued, waiters.size], [0, 0, 0]);
            assert.equal(gate.slots, Math.floor(final / size));
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
