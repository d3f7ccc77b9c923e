import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { GatewayError } from "@headrace/core/errors/gateway-error";
import { Deadlines } from "../time/deadlines.ts";
import { type BodyBounds, BodyIntake, type BodyReceiver } from "./body-intake.ts";

const LIMIT_BYTES = 100;
const TIMEOUT_MS = 1_000;
const UNKNOWN = Number.NaN;
const KIBIBYTE = 1024;

/** Keeps what it hears, in words. */
class Ear implements BodyReceiver {
  readonly heard: string[] = [];
  awaited = 0;

  onBodyAwaited(): void {
    this.awaited++;
  }

  onBody(body: Buffer): void {
    this.heard.push(body.toString());
  }

  onBodyRefused({ code }: GatewayError, wasRead: boolean): void {
    this.heard.push(`${code}, ${wasRead ? "read" : "not read"}`);
  }
}

function bytesOf(text: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(text)).buffer;
}

describe("BodyIntake", () => {
  const deadlines = new Deadlines(assert.ifError);
  let ear: Ear;
  beforeEach(() => {
    ear = new Ear();
  });

  const started = (announcedBytes: number, bounds: Partial<BodyBounds> = {}): BodyIntake => {
    const all = { deadlines, bodyLimitBytes: LIMIT_BYTES, bodyTimeoutMs: TIMEOUT_MS, ...bounds };
    const intake = new BodyIntake(ear, all, announcedBytes);
    intake.start();
    return intake;
  };
  /** A clock that is stopped takes nobody's time. */
  const assertOver = (intake: BodyIntake): void => assert.equal(intake.deadlineSlot, -1);

  it("gives a body of one piece, in memory of its own", () => {
    const intake = started(5);
    const piece = bytesOf("hello");
    intake.push(piece, true);
    new Uint8Array(piece).fill(0);
    assert.deepEqual([ear.heard, ear.awaited], [["hello"], 0]);
    assertOver(intake);
  });

  for (const announcedBytes of [11, UNKNOWN]) {
    it(`gives a body of several pieces, announced with ${announcedBytes}`, () => {
      const intake = started(announcedBytes);
      for (const piece of ["hello", " ", "world"]) intake.push(bytesOf(piece), piece === "world");
      assert.deepEqual([ear.heard, ear.awaited], [["hello world"], 2]);
      assertOver(intake);
    });
  }

  it("reads a body that is announced too large to its end, then refuses it", () => {
    const intake = started(LIMIT_BYTES + 1);
    intake.push(bytesOf("x".repeat(LIMIT_BYTES)), false);
    assert.deepEqual(ear.heard, []);
    intake.push(bytesOf("x"), true);
    assert.deepEqual(ear.heard, ["body_too_large, read"]);
    assertOver(intake);
  });

  it("reads a body that becomes too large to its end, then refuses it", () => {
    const intake = started(UNKNOWN);
    for (const isLast of [false, false, true]) intake.push(bytesOf("x".repeat(60)), isLast);
    assert.deepEqual(ear.heard, ["body_too_large, read"]);
    assertOver(intake);
  });

  it("refuses a body of one piece that is too large", () => {
    started(UNKNOWN).push(bytesOf("x".repeat(LIMIT_BYTES + 1)), true);
    assert.deepEqual(ear.heard, ["body_too_large, read"]);
  });

  it("takes a body of exactly the limit", () => {
    started(LIMIT_BYTES).push(bytesOf("x".repeat(LIMIT_BYTES)), true);
    assert.deepEqual(ear.heard, ["x".repeat(LIMIT_BYTES)]);
  });

  it("gives up on a body of many times the limit, and hears no more of it", () => {
    const intake = started(UNKNOWN);
    for (let i = 0; i < 100; i++) intake.push(bytesOf("x".repeat(60)), false);
    assert.deepEqual(ear.heard, ["body_too_large, not read"]);
    assertOver(intake);
  });

  it("refuses a body whose time is up", () => {
    const intake = started(10);
    intake.push(bytesOf("x"), false);
    assert.ok(intake.deadlineSlot !== -1 && intake.deadlineAtMs <= performance.now() + TIMEOUT_MS);
    intake.onDeadline();
    intake.push(bytesOf("y"), true);
    assert.deepEqual(ear.heard, ["request_timeout, not read"]);
    assertOver(intake);
  });

  it("says of an oversized body whose time is up that it was too large", () => {
    const intake = started(LIMIT_BYTES + 1);
    intake.onDeadline();
    assert.deepEqual(ear.heard, ["body_too_large, not read"]);
  });

  it("gives a body that grows its time again, and one that drips none", () => {
    const bodyTimeoutMs = 1e9;
    const intake = started(UNKNOWN, { bodyLimitBytes: KIBIBYTE * KIBIBYTE, bodyTimeoutMs });
    const afterPiece = (pieceBytes: number): number => {
      intake.deadlineAtMs = 0;
      intake.push(new ArrayBuffer(pieceBytes), false);
      return intake.deadlineAtMs;
    };
    intake.push(new ArrayBuffer(1), false);
    assert.equal(afterPiece(1), 0);
    assert.ok(afterPiece(64 * KIBIBYTE) >= bodyTimeoutMs);
    assert.equal(afterPiece(63 * KIBIBYTE), 0);
    intake.stop();
  });

  it("runs its clock, and asks for no other, before chunks have begun", async () => {
    const intake = started(UNKNOWN);
    assert.notEqual(intake.deadlineSlot, -1);
    await new Promise(setImmediate);
    assert.equal(ear.awaited, 1);
    intake.stop();
  });

  it("is silent when it is stopped", async () => {
    const intake = started(UNKNOWN);
    intake.stop();
    assertOver(intake);
    intake.push(bytesOf("x"), true);
    await new Promise(setImmediate);
    assert.deepEqual([ear.heard, ear.awaited], [[], 0]);
  });
});
