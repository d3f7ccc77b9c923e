import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seed } from "../../testing/chat-streams.ts";
import {
  emulatedItemId,
  emulatedResponseId,
  issuerMark,
  parseResponseId,
  pinResponseId,
  type ResponseIssuer,
  readIssuerMark,
} from "./stored-id.ts";

const ISSUER: ResponseIssuer = { provider: "azure-eu", credential: null };

test("stored ids: a pinned id says who holds what, in letters that nothing has to escape", () => {
  const id = pinResponseId("resp_05500b38c2cd", ISSUER);
  assert.equal(id, "resp_hr1_617a7572652d6575_05500b38c2cd");
  assert.deepEqual(parseResponseId(id), { kind: "pinned", issuer: ISSUER, id: "resp_05500b38c2cd" });
});

test("stored ids: any provider, credential and id come back", () => {
  const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);
  const issuers = fc.record({ provider: name, credential: fc.option(name) });
  const ids = fc.stringMatching(/^(resp_)?[A-Za-z0-9][A-Za-z0-9_-]{0,60}$/);
  fc.assert(
    fc.property(issuers, ids, ({ provider, credential }, id) => {
      const issuer = { provider, credential };
      const pinned = pinResponseId(id, issuer);
      assert.match(pinned, /^[A-Za-z0-9_.:~-]+$/);
      assert.deepEqual(parseResponseId(pinned), { kind: "pinned", issuer, id });
      // One that a gateway behind this one has pinned before.
      const twice = pinResponseId(pinned, ISSUER);
      if (pinned.length <= 256)
        assert.deepEqual(parseResponseId(twice), { kind: "pinned", issuer: ISSUER, id: pinned });
      else assert.equal(twice, pinned);
    }),
    { seed },
  );
});

test("stored ids: what could not be written so stays a provider's own", () => {
  for (const id of ["", "resp_ä", "a/b", "../x", "a b", `resp_${"a".repeat(300)}`])
    assert.equal(pinResponseId(id, ISSUER), id);
  const long = { provider: "p".repeat(200), credential: null };
  assert.equal(pinResponseId("resp_1", long), "resp_1");
  assert.equal(issuerMark(long), null);
});

test("stored ids: ids that nobody issued are no ids, or the provider's own", () => {
  assert.deepEqual(parseResponseId("resp_123"), { kind: "bare", id: "resp_123" });
  for (const bad of [
    "",
    ".",
    "..",
    "a/../b",
    "resp_hr1_",
    "resp_hr1_zz_a",
    "resp_hr1_61_",
    "resp_hr1_61_../a",
  ])
    assert.equal(parseResponseId(bad), null, bad);
  assert.equal(parseResponseId(`resp_hr1_61_${"a".repeat(400)}`), null);
  for (const mark of ["", "0", "00", "6100", "610000", "61006200", "c3"])
    assert.equal(readIssuerMark(mark), null, mark);
  assert.deepEqual(readIssuerMark("610062"), { provider: "a", credential: "b" });
});

test("stored ids: the gateway's own are always the same for the same call, and no others", () => {
  const id = emulatedResponseId("req-1", "msg_1");
  assert.equal(id, emulatedResponseId("req-1", "msg_1"));
  assert.notEqual(id, emulatedResponseId("req-1", "msg_2"));
  assert.notEqual(id, emulatedResponseId("req-2", "msg_1"));
  assert.deepEqual(parseResponseId(id), { kind: "emulated", id });
  assert.equal(emulatedItemId("msg", id, 2), `msg_${id.slice(5)}_2`);
});
