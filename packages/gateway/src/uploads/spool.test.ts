import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { Spool, SpoolBudget } from "./spool.ts";

const MEBIBYTE = 1024 * 1024;

test("a reader beside a writer reads what was written, never what is about to be", async () => {
  const budget = new SpoolBudget(64 * MEBIBYTE);
  const spool = new Spool(budget);
  const bytes = randomBytes(24 * MEBIBYTE);
  const waited: (Promise<void> | null)[] = [];
  const read: Buffer[] = [];
  let readBytes = 0;
  for (let at = 0; at < bytes.length; ) {
    // Bursts of more than waits for the disk, so that some of it is written at once and overtakes the rest.
    const burst = bytes.subarray(at, at + 3 * MEBIBYTE);
    const reading = readBytes < at ? spool.read(readBytes, Buffer.alloc(MEBIBYTE)) : null;
    await null; // where the reader is when more comes
    for (let from = 0; from < burst.length; from += 64 * 1024)
      waited.push(spool.append(burst.subarray(from, from + 64 * 1024)));
    at += burst.length;
    const got = await reading;
    if (got !== null) read.push(got);
    readBytes += got?.length ?? 0;
  }
  assert.ok(waited.includes(null), "nothing was written at once");
  assert.ok(
    waited.some((one) => one !== null),
    "nothing was written in the background",
  );
  while (readBytes < bytes.length) {
    const got = await spool.read(readBytes, Buffer.alloc(MEBIBYTE));
    read.push(got);
    readBytes += got.length;
  }
  assert.deepEqual(Buffer.concat(read), bytes);
  assert.equal((await spool.read(readBytes, Buffer.alloc(10))).length, 0);
  assert.equal(spool.unwrittenBytes, 0);
  assert.equal(budget.takenBytes, bytes.length);
  spool.close();
  assert.equal(budget.takenBytes, 0);
});

test("a spool has no name, and is not read once it is closed", async () => {
  const spool = new Spool(new SpoolBudget(100));
  await spool.append(Buffer.from("secret"));
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => name.startsWith("headrace-upload-")),
    [],
  );
  const late = spool.read(0, Buffer.alloc(6));
  spool.close();
  await assert.rejects(late);
});

test("spools share what they may take", () => {
  const budget = new SpoolBudget(10);
  const [first, second] = [new Spool(budget), new Spool(budget)];
  void first.append(Buffer.alloc(8));
  assert.throws(() => second.append(Buffer.alloc(3)), { code: "overloaded" });
  first.close();
  void second.append(Buffer.alloc(3));
  second.close();
  assert.equal(budget.takenBytes, 0);
});
