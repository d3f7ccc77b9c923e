import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  CARRIED_MARK,
  CARRIED_MARK_BASE64,
  type CarriedState,
  packToolCallId,
  readSignature,
  unpackToolCallId,
  writeSignature,
} from "./carried-state.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);
const signature = fc.record({
  signer: fc.constantFrom("anthropic" as const, "gemini" as const, "openai" as const),
  value: fc.string(),
});

test("carried state: what was packed into an id comes back, and the id is the provider's again", (context) => {
  context.diagnostic(`fast-check seed ${seed}`);
  const thinking = fc.array(
    fc.record({ text: fc.string({ unit: "binary" }), signature }, { requiredKeys: ["text"] }),
    { minLength: 1 },
  );
  const id = fc.stringMatching(/^[a-zA-Z0-9_-]{1,40}$/).filter((text) => !text.includes("__"));
  fc.assert(
    fc.property(id, fc.record({ signature, thinking }), (plain, state) => {
      const packed = packToolCallId(plain, state);
      assert.match(packed, /^[a-zA-Z0-9_-]+$/);
      assert.deepEqual(unpackToolCallId(packed), JSON.parse(JSON.stringify({ id: plain, state })));
    }),
    { seed },
  );
});

test("carried state: an id without state stays as it is", () => {
  assert.equal(packToolCallId("call_1", {}), "call_1");
  assert.equal(packToolCallId("call_1", { thinking: [] }), "call_1");
  assert.deepEqual(unpackToolCallId("call_1"), { id: "call_1", state: {} });
});

const FORGED: readonly { name: string; id: string; state?: CarriedState }[] = [
  { name: "no base64", id: `call_1${CARRIED_MARK}%%%` },
  { name: "no JSON", id: `call_1${CARRIED_MARK}${Buffer.from("{").toString("base64url")}` },
  { name: "another type", id: `call_1${CARRIED_MARK}${Buffer.from('"x"').toString("base64url")}` },
  {
    name: "thinking that is no list",
    id: `call_1${CARRIED_MARK}${Buffer.from('{"thinking":1}').toString("base64url")}`,
  },
];
for (const { name, id } of FORGED) {
  test(`carried state: a forged id is given back whole: ${name}`, () => {
    assert.deepEqual(unpackToolCallId(id), { id, state: {} });
  });
}

test("carried state: a signature by nobody known is left out", () => {
  const forged = Buffer.from('{"signature":{"signer":"me","value":"x"},"thinking":[1,{"text":"a"}]}');
  assert.deepEqual(unpackToolCallId(`call_1${CARRIED_MARK}${forged.toString("base64url")}`), {
    id: "call_1",
    state: { thinking: [{ text: "a" }] },
  });
});

test("carried state: a signature says whose it is only where it is foreign", () => {
  assert.equal(writeSignature({ signer: "anthropic", value: "sig" }, "anthropic"), "sig");
  assert.equal(writeSignature({ signer: "gemini", value: "sig" }, "anthropic"), "__thought__gemini__sig");
  for (const home of ["anthropic", "gemini", "openai"] as const) {
    for (const signer of ["anthropic", "gemini", "openai"] as const) {
      const written = writeSignature({ signer, value: "a__b" }, home);
      assert.deepEqual(readSignature(written, home), { signer, value: "a__b" });
    }
  }
  assert.deepEqual(readSignature("__thought__nobody__x", "gemini"), {
    signer: "gemini",
    value: "__thought__nobody__x",
  });
});

test("carried state: the mark is found in base64 too", () => {
  for (const signer of ["anthropic", "openai"] as const) {
    const written = Buffer.from(writeSignature({ signer, value: "~~~???" }, "gemini"));
    assert.ok(written.toString("base64").startsWith(CARRIED_MARK_BASE64));
    assert.ok(written.toString("base64url").startsWith(CARRIED_MARK_BASE64));
  }
});
