import assert from "node:assert/strict";
import { test } from "node:test";
import { unpackToolCallId } from "@headrace/core/canonical/carried-state";
import { ThinkingCarrier } from "./carried-thinking.ts";

const PROOF = { signer: "anthropic", value: "s" } as const;

test("carried thinking: blocks end at their proofs, and each goes with the call behind it", () => {
  const carrier = new ThinkingCarrier();
  carrier.take({ text: "Look " });
  carrier.take({ text: "there." });
  carrier.take({ text: "", signature: PROOF });
  carrier.take({ text: "", redacted: PROOF });
  assert.deepEqual(unpackToolCallId(carrier.pack("c1", undefined)), {
    id: "c1",
    state: {
      thinking: [
        { text: "Look there.", signature: PROOF },
        { text: "", redacted: PROOF },
      ],
    },
  });
  assert.equal(carrier.pack("c2", undefined), "c2");
  assert.deepEqual(unpackToolCallId(carrier.pack("c3", PROOF)).state, { signature: PROOF });
});

test("carried thinking: what has no proof goes along, unless it is too long for an id", () => {
  const carrier = new ThinkingCarrier();
  carrier.take({ text: "Hm." });
  assert.deepEqual(unpackToolCallId(carrier.pack("c1", undefined)).state, { thinking: [{ text: "Hm." }] });
  carrier.take({ text: "x".repeat(64 * 1024 + 1) });
  assert.equal(carrier.pack("c2", undefined), "c2");
});
