import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnitCosts } from "../scaling/units.ts";
import { parseCapacityOptions, renderCapacity } from "./command.ts";
import { type CapacityInput, capacityOf } from "./model.ts";

const UNITS: UnitCosts = {
  ...{ processMb: 120, processPrivateMb: 70, plainUs: 40, streamUs: 100, eventUs: 10 },
  ...{ streamKb: 50, connectionKb: 2 },
};
const INPUT: CapacityInput = {
  ...{ cores: 8, memoryGb: 16, headroom: 0.5, eventsPerSecond: 20, eventsPerStream: 100 },
  ...{ idleClients: 10_000, wantedStreams: 1_000_000 },
};

test("calls, streams and machines follow from what one of each costs", () => {
  const capacity = capacityOf(INPUT, UNITS);
  assert.equal(capacity.plainRps, (8 * 1e6 * 0.5) / 40);
  // 20 events of 10 µs a second, and a fifth of a stream's beginning and end.
  assert.equal(capacity.streamsByCpu, Math.floor((8 * 1e6 * 0.5) / 220));
  // 8 GB less 120 + 7 × 70 + 20 MB.
  assert.equal(capacity.streamsByMemory, (8000 - 630) * 20);
  assert.equal(capacity.limit, "CPU");
  assert.equal(capacity.machines, Math.ceil(1e6 / 18_181));
  assert.equal(Math.round(capacity.memoryMb), Math.round(630 + 18_181 * 0.05));
});

test("memory is the limit where streams are slow, and twice the cores carry twice the streams", () => {
  const slow = capacityOf({ ...INPUT, memoryGb: 2, eventsPerSecond: 0.5 }, UNITS);
  assert.equal(slow.limit, "memory");
  assert.equal(slow.streams, slow.streamsByMemory);
  const { streamsByCpu } = capacityOf({ ...INPUT, cores: 16 }, UNITS);
  assert.ok(Math.abs(streamsByCpu - 2 * capacityOf(INPUT, UNITS).streamsByCpu) <= 1);
});

test("options and table", () => {
  const { input } = parseCapacityOptions(["--cores", "4", "--memory-gb", "8"]);
  assert.deepEqual([input.cores, input.memoryGb, input.headroom], [4, 8, 0.7]);
  assert.throws(() => parseCapacityOptions(["--headroom", "1.5"]), /--headroom is a part/);
  assert.throws(() => parseCapacityOptions(["--cores", "many"]), /--cores is a number above 0/);
  assert.match(renderCapacity(INPUT, UNITS), /machines for 1,000,000 streams \| 56 \|/);
});
