import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Deadlines } from "../time/deadlines.ts";
import { BodyStreamIntake } from "./body-stream-intake.ts";

const LIMIT_BYTES = 100_000;

function intakeOf(bodyTimeoutMs = 10_000): { readonly intake: BodyStreamIntake; readonly heard: string[] } {
  const heard: string[] = [];
  const receiver = {
    onBodyPiece: (lent: Uint8Array, isLast: boolean) => heard.push(`${lent.length}${isLast ? " last" : ""}`),
    onBodyRefused: ({ code }: { code: string }) => heard.push(code),
  };
  const deadlines = new Deadlines(() => {});
  const bounds = { deadlines, bodyTimeoutMs, limitBytes: LIMIT_BYTES, limitName: "limits.uploadBytes" };
  return { intake: new BodyStreamIntake(receiver, bounds), heard };
}

describe("BodyStreamIntake", () => {
  it("gives pieces on as they come", () => {
    const { intake, heard } = intakeOf();
    intake.start(Number.NaN);
    intake.push(new ArrayBuffer(10), false);
    intake.push(new ArrayBuffer(LIMIT_BYTES - 10), true);
    assert.deepEqual(heard, ["10", "99990 last"]);
    assert.equal(intake.over, true);
  });

  it("refuses what is announced as too large before it comes", () => {
    const { intake, heard } = intakeOf();
    intake.start(LIMIT_BYTES + 1);
    intake.push(new ArrayBuffer(10), false);
    assert.deepEqual(heard, ["body_too_large"]);
  });

  it("refuses what turns out too large", () => {
    const { intake, heard } = intakeOf();
    intake.start(Number.NaN);
    intake.push(new ArrayBuffer(LIMIT_BYTES), false);
    intake.push(new ArrayBuffer(1), true);
    assert.deepEqual(heard, ["100000", "body_too_large"]);
  });

  it("has a clock that progress sets back, and that stands while the client is stopped", () => {
    const { intake, heard } = intakeOf(1_000);
    intake.start(Number.NaN);
    const firstAtMs = intake.deadlineAtMs;
    intake.push(new ArrayBuffer(1), false);
    assert.equal(intake.deadlineAtMs, firstAtMs);
    intake.push(new ArrayBuffer(64 * 1024), false);
    assert.ok(intake.deadlineAtMs > firstAtMs);
    intake.stopClock();
    assert.equal(intake.deadlineAtMs, Number.POSITIVE_INFINITY);
    intake.restartClock();
    intake.onDeadline();
    intake.push(new ArrayBuffer(1), true);
    assert.deepEqual(heard, ["1", "65536", "request_timeout"]);
  });
});
