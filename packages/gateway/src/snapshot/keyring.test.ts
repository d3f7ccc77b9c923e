import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { KEY_DEFAULTS } from "@headrace/core/config/defaults";
import { Keyring } from "./keyring.ts";

const KEYS = [
  { ...KEY_DEFAULTS, name: "one", key: "sk-first-key" },
  { ...KEY_DEFAULTS, name: "two", key: "sk-second-key", models: ["m", "n"] },
];
const keyed = new Keyring({ mode: "keys", force: false }, KEYS);

test("a key is known by its whole value and by nothing else", () => {
  assert.equal(keyed.identify("sk-first-key")?.name, "one");
  for (const wrong of ["", "sk-first-ke", "sk-first-key ", "SK-FIRST-KEY", "one", "x".repeat(1 << 20)]) {
    assert.equal(keyed.identify(wrong), null);
  }
});

test("a key's models are a set, or null for all of them", () => {
  assert.equal(keyed.identify("sk-first-key")?.models, null);
  assert.deepEqual(keyed.identify("sk-second-key")?.models, new Set(["m", "n"]));
});

test("a thousand keys are all told apart", () => {
  const keys = Array.from({ length: 1000 }, (_, i) => ({
    ...KEY_DEFAULTS,
    name: `n${i}`,
    key: `sk-number-${i}`,
  }));
  const ring = new Keyring({ mode: "keys", force: false }, keys);
  for (const { name, key } of keys) assert.equal(ring.identify(key)?.name, name);
  assert.equal(ring.identify("sk-number-1000"), null);
});

test("without keys nobody is let in, unless the gateway is open", () => {
  assert.equal(new Keyring({ mode: "keys", force: false }, []).identify(""), null);
  const open = new Keyring({ mode: "none", force: false }, []);
  assert.equal(open.open, true);
  const { name, models, overrides } = open.identify("") ?? {};
  assert.deepEqual([name, models, overrides?.size], ["anonymous", null, 0]);
});

test("neither the ring nor an identity shows a key", () => {
  const shown = inspect(keyed, { depth: 10, showHidden: true }) + JSON.stringify(keyed);
  assert.ok(!shown.includes("sk-first-key"));
  const identity = inspect(keyed.identify("sk-second-key"), { depth: 10 });
  assert.ok(!identity.includes("sk-second-key"));
});
