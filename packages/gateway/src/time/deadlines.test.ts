import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { type Deadlined, Deadlines, PAUSE_MS } from "./deadlines.ts";

const TICK_MS = 50;

class Alarm implements Deadlined {
  deadlineAtMs: number;
  deadlineSlot = -1;
  rung = 0;
  readonly #onRing: () => void;

  constructor(deadlineAtMs: number, onRing: () => void = () => {}) {
    this.deadlineAtMs = deadlineAtMs;
    this.#onRing = onRing;
  }

  onDeadline(): void {
    this.rung++;
    this.#onRing();
  }
}

describe("Deadlines", () => {
  let nowMs = 0;
  let deadlines: Deadlines;
  let bugs: unknown[] = [];

  const pass = (ms: number): void => {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      nowMs += TICK_MS;
      mock.timers.tick(TICK_MS);
    }
  };

  beforeEach(() => {
    nowMs = 1000;
    mock.timers.enable({ apis: ["setInterval"] });
    mock.method(performance, "now", () => nowMs);
    bugs = [];
    deadlines = new Deadlines((error) => bugs.push(error));
  });

  afterEach(() => {
    deadlines.close();
    assert.deepEqual(bugs, []);
    mock.reset();
    mock.timers.reset();
  });

  it("ring at the first tick at or after their time, and not before", () => {
    const alarm = new Alarm(1100);
    deadlines.add(alarm);
    pass(50);
    assert.equal(alarm.rung, 0);
    pass(50);
    assert.equal(alarm.rung, 1);
    assert.equal(deadlines.nowMs, 1100);
  });

  it("may be moved by a field write", () => {
    const alarm = new Alarm(1050);
    deadlines.add(alarm);
    alarm.deadlineAtMs = Number.POSITIVE_INFINITY;
    pass(500);
    assert.equal(alarm.rung, 0);
    alarm.deadlineAtMs = nowMs;
    pass(50);
    assert.equal(alarm.rung, 1);
  });

  it("ring again for as long as their holder leaves them", () => {
    const alarm = new Alarm(1050);
    deadlines.add(alarm);
    pass(150);
    assert.equal(alarm.rung, 3);
    deadlines.delete(alarm);
    pass(150);
    assert.equal(alarm.rung, 3);
  });

  it("are added once and deleted once, however often that is asked", () => {
    const alarm = new Alarm(1050);
    const other = new Alarm(Number.POSITIVE_INFINITY);
    deadlines.delete(alarm);
    deadlines.add(alarm);
    deadlines.add(alarm);
    deadlines.add(other);
    pass(50);
    assert.equal(alarm.rung, 1);
    deadlines.delete(alarm);
    deadlines.delete(alarm);
    assert.equal(alarm.deadlineSlot, -1);
    assert.equal(other.deadlineSlot, 0);
  });

  it("ring each exactly once when every one leaves at its time", () => {
    const alarms = Array.from({ length: 20 }, (_, i) => {
      const alarm: Alarm = new Alarm(i % 3 === 0 ? 1050 : 1100, () => deadlines.delete(alarm));
      return alarm;
    });
    for (const alarm of alarms) deadlines.add(alarm);
    pass(50);
    assert.deepEqual(
      alarms.map((alarm) => alarm.rung),
      alarms.map((_, i) => (i % 3 === 0 ? 1 : 0)),
    );
    pass(100);
    assert.ok(alarms.every((alarm) => alarm.rung === 1));
  });

  it("let one that rings take others along", () => {
    const late: Alarm = new Alarm(1050, () => deadlines.delete(late));
    const early = new Alarm(1050);
    const taker = new Alarm(1050, () => {
      deadlines.delete(early);
      deadlines.delete(taker);
    });
    for (const alarm of [early, taker, late]) deadlines.add(alarm);
    pass(100);
    assert.deepEqual([early.rung, taker.rung, late.rung], [0, 1, 1]);
  });

  it("let one that rings add another", () => {
    const added = new Alarm(1050);
    const adder = new Alarm(1050, () => {
      deadlines.delete(adder);
      deadlines.add(added);
    });
    deadlines.add(adder);
    pass(100);
    assert.deepEqual([adder.rung, added.rung], [1, 1]);
  });

  it("ring for the others when one of them throws, which is told and left alone", () => {
    const bug = new Error("a bug");
    const [first, last] = [new Alarm(1050), new Alarm(1050)];
    const thrower = new Alarm(1050, () => {
      throw bug;
    });
    for (const alarm of [first, thrower, last]) deadlines.add(alarm);
    pass(100);
    assert.deepEqual([first.rung, thrower.rung, last.rung], [2, 1, 2]);
    assert.deepEqual(bugs.splice(0), [bug]);
    assert.equal(thrower.deadlineSlot, -1);
  });

  it("are silent after close", () => {
    const alarm = new Alarm(1050);
    deadlines.add(alarm);
    deadlines.close();
    pass(500);
    assert.equal(alarm.rung, 0);
  });

  it("do not count a pause of the process, and count what is no longer than a slow tick", () => {
    const [first, second, never] = [new Alarm(1_150), new Alarm(2_000), new Alarm(Number.POSITIVE_INFINITY)];
    for (const alarm of [first, second, never]) deadlines.add(alarm);
    pass(50);
    nowMs += 600;
    pass(50);
    assert.deepEqual([first.deadlineAtMs, second.deadlineAtMs], [1_750, 2_600]);
    pass(50);
    assert.deepEqual([first.rung, second.rung], [1, 0]);
    nowMs += PAUSE_MS - 1;
    pass(50);
    assert.equal(second.deadlineAtMs, 2_600);
    deadlines.delete(first);
    pass(700);
    assert.ok(second.rung > 0);
    assert.equal(never.rung, 0);
  });

  it("knows how late the event loop is, and forgets it in a second or two", () => {
    pass(1_000);
    assert.equal(deadlines.lateMs, 0);
    const stall = (ms: number): void => {
      nowMs += ms;
      pass(TICK_MS);
    };
    stall(500);
    assert.equal(deadlines.lateMs, 50);
    for (let i = 0; i < 50; i++) stall(200);
    assert.ok(Math.abs(deadlines.lateMs - 200) < 2, `${deadlines.lateMs} ms`);
    pass(2_000);
    assert.ok(deadlines.lateMs < 5, `${deadlines.lateMs} ms`);
  });
});

describe("Deadlines of a process that stood still", () => {
  const standStill = (ms: number): void => {
    for (const beganAtMs = performance.now(); performance.now() - beganAtMs < ms; );
  };

  it("ring only after what has arrived meanwhile was read, and after that pause", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const writer = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [reader] = (await once(server, "connection")) as [Socket];
    const deadlines = new Deadlines((error) => assert.fail(String(error)));
    const heard = new Alarm(performance.now() + 100);
    const unheard = new Alarm(performance.now() + 100);
    for (const alarm of [heard, unheard]) deadlines.add(alarm);
    reader.once("data", () => {
      heard.deadlineAtMs = Number.POSITIVE_INFINITY;
    });
    try {
      const rang = new Promise<void>((resolve) => {
        deadlines.add(new Alarm(performance.now() + 100, resolve));
      });
      writer.write("an answer");
      standStill(300);
      await rang;
      assert.deepEqual([heard.rung, unheard.rung], [0, 1]);
    } finally {
      deadlines.close();
      for (const socket of [writer, reader, server]) socket.unref();
      writer.destroy();
      server.close();
    }
  });
});
