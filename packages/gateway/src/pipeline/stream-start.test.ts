import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Deadlined } from "../time/deadlines.ts";
import { StreamStart } from "./stream-start.ts";

const KIBIBYTE = 1_024;

function started(): { start: StreamStart; items: Set<Deadlined>; told: () => number } {
  const items = new Set<Deadlined>();
  let told = 0;
  const deadlines = {
    nowMs: 0,
    add: (item: Deadlined) => items.add(item),
    delete: (item: Deadlined) => items.delete(item),
  };
  return { start: new StreamStart(deadlines, () => told++), items, told: () => told };
}

const envelope = (events: number) => ({ isVisible: false, events });

describe("StreamStart", () => {
  it("lets a stream begin that shows something at once, and needs no clock for it", () => {
    const { start, items } = started();
    assert.ok(start.lets(Buffer.from("a"), { isVisible: true, events: 1 }));
    assert.equal(items.size, 0);
    assert.equal(start.release(Buffer.from("a"))?.toString(), "a");
  });

  it("keeps what shows nothing, as it was, and gives it with what does", () => {
    const { start, items } = started();
    const reused = Buffer.from("a");
    assert.ok(!start.lets(reused, envelope(1)));
    reused.write("x");
    assert.ok(!start.lets(Buffer.from("b"), envelope(2)));
    assert.ok(start.lets(Buffer.from("c"), { isVisible: true, events: 3 }));
    assert.equal(start.release(Buffer.from("c"))?.toString(), "abc");
    assert.equal(items.size, 0);
    assert.equal(start.release(Buffer.from("d"))?.toString(), "d");
  });

  it("keeps no more than a few events, nor many bytes", () => {
    assert.ok(started().start.lets(Buffer.from("a"), envelope(11)));
    const { start } = started();
    assert.ok(!start.lets(Buffer.alloc(40 * KIBIBYTE), envelope(1)));
    assert.ok(start.lets(Buffer.alloc(40 * KIBIBYTE), envelope(2)));
  });

  it("keeps it for a few seconds", () => {
    const { start, items, told } = started();
    start.lets(Buffer.from("a"), envelope(1));
    const [clock] = items;
    assert.equal(clock?.deadlineAtMs, 5_000);
    clock?.onDeadline();
    assert.deepEqual([told(), items.size], [1, 0]);
    assert.equal(start.release(null)?.toString(), "a");
  });

  it("forgets what a failed stream began with", () => {
    const { start, items } = started();
    start.lets(Buffer.from("a"), envelope(1));
    start.drop();
    assert.equal(items.size, 0);
    assert.equal(start.release(null), null);
  });
});
