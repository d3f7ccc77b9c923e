import assert from "node:assert/strict";
import { test } from "node:test";
import { type Timed, TimerHeap } from "./timer-heap.ts";

/** Work that notes when it ran. */
function work(dueAtMs: number, ran: Timed[], whenAllRan: () => void = () => undefined): Timed {
  return {
    dueAtMs,
    cancelled: false,
    run(nowMs) {
      assert.ok(nowMs >= this.dueAtMs, `ran ${this.dueAtMs - nowMs} ms early`);
      ran.push(this);
      whenAllRan();
    },
  };
}

test("work runs in the order of its due times, never early, whatever the order it came in", async () => {
  const heap = new TimerHeap();
  const startMs = performance.now();
  const ran: Timed[] = [];
  const offsetsMs = Array.from({ length: 200 }, (_, index) => (index * 7_919) % 23);
  await new Promise<void>((resolve) => {
    for (const offsetMs of offsetsMs) {
      heap.at(work(startMs + offsetMs, ran, () => ran.length === offsetsMs.length && resolve()));
    }
  });
  const dueTimes = ran.map(({ dueAtMs }) => dueAtMs);
  assert.deepEqual(
    dueTimes,
    dueTimes.toSorted((a, b) => a - b),
  );
});

test("cancelled work does not run and does not stop what is due after it", async () => {
  const heap = new TimerHeap();
  const ran: Timed[] = [];
  const first = work(performance.now() + 1, ran);
  heap.at(first);
  first.cancelled = true;
  await new Promise<void>((resolve) => heap.at(work(performance.now() + 3, ran, resolve)));
  assert.equal(ran.includes(first), false);
  assert.equal(ran.length, 1);
});

test("work that puts itself back runs again at its new time", async () => {
  const heap = new TimerHeap();
  let runs = 0;
  await new Promise<void>((resolve) => {
    const repeating: Timed = {
      dueAtMs: performance.now(),
      cancelled: false,
      run() {
        runs += 1;
        if (runs === 5) resolve();
        this.dueAtMs += 1;
        if (runs < 5) heap.at(this);
      },
    };
    heap.soon(repeating);
  });
  assert.equal(runs, 5);
});

test("a closed heap runs nothing more", async () => {
  const heap = new TimerHeap();
  const ran: Timed[] = [];
  heap.soon(work(performance.now(), ran));
  heap.at(work(performance.now(), ran));
  heap.close();
  heap.soon(work(performance.now(), ran));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(ran, []);
});
