import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { SpoolBudget } from "./spool.ts";
import { UploadBody, type UploadOptions } from "./upload-body.ts";

const KIBIBYTE = 1024;
const BOUNDARY = "b".repeat(20);
const NO_BUDGET = new SpoolBudget(Number.POSITIVE_INFINITY);

/** An upload with a client that counts how it is stopped, and an owner that notes what it hears. */
function uploadOf(options: Partial<UploadOptions>): {
  readonly body: UploadBody;
  readonly heard: string[];
  readonly errors: GatewayError[];
  paused(): boolean;
} {
  let paused = false;
  const heard: string[] = [];
  const errors: GatewayError[] = [];
  const source = { pauseBody: () => (paused = true), resumeBody: () => (paused = false) };
  const owner = {
    onUploadReady: () => heard.push("ready"),
    onUploadRefused: (error: GatewayError) => {
      heard.push("refused");
      errors.push(error);
    },
  };
  const all = {
    boundary: BOUNDARY,
    destined: false,
    announcedBytes: Number.NaN,
    budget: NO_BUDGET,
    ...options,
  };
  return { body: new UploadBody(source, owner, all), heard, errors, paused: () => paused };
}

function formOf(file: Buffer, order: readonly ("model" | "file")[]): Buffer {
  const parts = {
    model: Buffer.from('Content-Disposition: form-data; name="model"\r\n\r\nm'),
    file: Buffer.concat([
      Buffer.from('Content-Disposition: form-data; name="file"; filename="f"\r\n\r\n'),
      file,
    ]),
  };
  const pieces = order.flatMap((name) => [
    Buffer.from(`--${BOUNDARY}\r\n`),
    parts[name],
    Buffer.from("\r\n"),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

function renamed(form: Buffer, name: string): Buffer {
  return Buffer.from(form.toString("latin1").replace("\r\n\r\nm\r\n", `\r\n\r\n${name}\r\n`), "latin1");
}

/** Pushes a body as sockets give it: in lent memory that is soon something else. */
function push(body: UploadBody, bytes: Buffer, pieceBytes: number): void {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const lent = Uint8Array.prototype.slice.call(bytes, at, at + pieceBytes);
    body.onBodyPiece(lent, at + pieceBytes >= bytes.length);
    lent.fill(0);
  }
}

/** Copies each piece when the next one is asked for, which is when the last one has left. */
async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

const ORDERS = [
  ["model", "file"],
  ["file", "model"],
] as const;
const SIZES = [0, 1_000, 200 * KIBIBYTE, 300 * KIBIBYTE, 3_000 * KIBIBYTE];

for (const order of ORDERS) {
  for (const fileBytes of SIZES) {
    test(`a file of ${fileBytes} bytes, ${order.join(" before ")}: arrives, whole and again`, async () => {
      const form = formOf(randomBytes(fileBytes), order);
      const { body, heard } = uploadOf({});
      push(body, form, 512 * KIBIBYTE);
      assert.deepEqual([heard, body.model, body.bodyBytes], [["ready"], "m", form.length]);
      assert.equal(body.lengthWith("renamed"), form.length + "renamed".length - 1);
      assert.deepEqual(await readAll(body.open("first")), renamed(form, "first"));
      // What came when it was known already where it goes was not kept.
      assert.equal(body.replayable, fileBytes < 1_000 * KIBIBYTE || order[0] === "file");
      if (!body.replayable) return;
      assert.deepEqual(await readAll(body.open("second-model")), renamed(form, "second-model"));
      body.close();
    });
  }
}

for (const [followingBytes, isHeld] of [
  [20, true],
  [200 * KIBIBYTE, true],
  [300 * KIBIBYTE, false],
] as const)
  test(`${followingBytes} bytes behind the model, in pieces of their own: ${isHeld ? "held" : "passed on"}`, async () => {
    const file = formOf(randomBytes(600 * KIBIBYTE), ["file", "model"]);
    const following = Buffer.alloc(followingBytes, "p");
    const head = Buffer.from('\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n');
    const form = Buffer.concat([
      file.subarray(0, -4),
      head,
      following,
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]);
    const { body } = uploadOf({});
    for (let at = 0; at < form.length; ) {
      const pieceBytes = at < file.length - 200 ? file.length - 200 : 50;
      body.onBodyPiece(form.subarray(at, at + pieceBytes), at + pieceBytes >= form.length);
      at += pieceBytes;
    }
    assert.deepEqual(await readAll(body.open("first")), renamed(form, "first"));
    assert.equal(body.replayable, isHeld);
    if (isHeld) assert.deepEqual(await readAll(body.open("second")), renamed(form, "second"));
    body.close();
  });

test("an upload that may start at once stops its client while nobody reads it", () => {
  const { body, heard, paused } = uploadOf({ boundary: null, destined: true });
  push(body, randomBytes(600 * KIBIBYTE), 64 * KIBIBYTE);
  assert.deepEqual([paused(), heard], [true, []]);
  body.close();
});

test("passes on what comes, in any pieces, while it is read", async () => {
  const form = formOf(randomBytes(2_000 * KIBIBYTE), ["file", "model"]);
  for (const pieceBytes of [777, 40 * KIBIBYTE, 600 * KIBIBYTE]) {
    const { body } = uploadOf({ destined: true });
    assert.equal(body.startsAtOnce, true);
    const read = readAll(body.open("renamed"));
    for (let at = 0; at < form.length; at += pieceBytes) {
      body.onBodyPiece(form.subarray(at, at + pieceBytes), at + pieceBytes >= form.length);
      if (at % 3 === 0) await new Promise(setImmediate);
    }
    assert.deepEqual(await read, renamed(form, "renamed"));
    assert.equal(body.replayable, false);
    body.close();
  }
});

test("a client that is faster than its provider is stopped, and what it sent all the same is kept on disk", async () => {
  const budget = new SpoolBudget(Number.POSITIVE_INFINITY);
  const bytes = randomBytes(5_000 * KIBIBYTE);
  const { body, paused } = uploadOf({ boundary: null, destined: true, announcedBytes: bytes.length, budget });
  const pieces = body.open("")[Symbol.asyncIterator]();
  const got: Buffer[] = [];
  push(body, bytes.subarray(0, 200 * KIBIBYTE), 64 * KIBIBYTE);
  assert.equal(paused(), false);
  body.onBodyPiece(bytes.subarray(200 * KIBIBYTE), true);
  assert.equal(paused(), true);
  assert.ok(budget.takenBytes > 3_000 * KIBIBYTE, String(budget.takenBytes));
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next())
    got.push(Buffer.from(next.value));
  assert.deepEqual(Buffer.concat(got), bytes);
  assert.equal(paused(), false);
  body.close();
  assert.equal(budget.takenBytes, 0);
});

test("an upload that outgrows the disk of all is refused, and gives its share back", () => {
  const budget = new SpoolBudget(400 * KIBIBYTE);
  const { body, heard, errors } = uploadOf({ budget });
  push(body, formOf(randomBytes(900 * KIBIBYTE), ["file", "model"]), 64 * KIBIBYTE);
  assert.deepEqual([heard, errors[0]?.code, errors[0]?.status], [["refused"], "overloaded", 503]);
  body.close();
  assert.equal(budget.takenBytes, 0);
});

test("a form without a model is ready when it is whole", () => {
  const { body, heard } = uploadOf({});
  push(body, formOf(randomBytes(100), ["file"]), 10);
  assert.deepEqual([heard, body.model], [["ready"], null]);
});

test("a reader hears of what is wrong with the rest", async () => {
  const { body, errors } = uploadOf({ destined: true });
  const read = readAll(body.open("m"));
  body.onBodyPiece(formOf(randomBytes(10), ["model", "file", "model"]), true);
  await assert.rejects(read, { code: "duplicate_field" });
  assert.equal(errors[0]?.code, "duplicate_field");
});

test("a reader that another one replaces ends", async () => {
  const { body } = uploadOf({ destined: true });
  const first = readAll(body.open("a"));
  const second = readAll(body.open("b"));
  const form = formOf(randomBytes(100), ["model", "file"]);
  body.onBodyPiece(form, true);
  assert.equal((await first).length, 0);
  assert.deepEqual(await second, renamed(form, "b"));
});

test("a body that is closed ends its reader", async () => {
  const { body } = uploadOf({ destined: true });
  const read = readAll(body.open("m"));
  body.close();
  await assert.rejects(read, { code: "client_closed" });
});
