import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULTS } from "./faults.ts";
import { BEHAVIOUR_FIELDS, BEHAVIOUR_NAMES, type BehaviourField, DEFAULT_BEHAVIOUR } from "./fields.ts";
import { kebabCase, patchFromFlags, patchFromHeaders, patchFromObject } from "./parse.ts";
import { resolveBehaviour } from "./resolve.ts";

/** Some value other than the initial one, as JSON and as text. */
function otherValue(field: BehaviourField): {
  readonly json: number | string | boolean;
  readonly text: string;
} {
  switch (field.kind) {
    case "integer":
    case "number":
      return { json: field.max, text: String(field.max) };
    case "boolean":
      return { json: !field.initial, text: String(!field.initial) };
    case "choice": {
      const other = field.choices.find((choice) => choice !== field.initial) ?? field.initial;
      return { json: other, text: other };
    }
    case "text":
      return { json: "a: b", text: "a: b" };
  }
}

test("every field is read alike from a header, a flag and an object", () => {
  for (const name of BEHAVIOUR_NAMES) {
    const { json, text } = otherValue(BEHAVIOUR_FIELDS[name]);
    const expected = { ok: true, patch: { [name]: json } };
    assert.deepEqual(patchFromHeaders([[`x-mock-${kebabCase(name)}`, text]]), expected, name);
    assert.deepEqual(patchFromFlags([[kebabCase(name), text]]), expected, name);
    assert.deepEqual(patchFromObject({ [name]: json }), expected, name);
  }
});

test("a fault sets its fields and a field beside it refines them", () => {
  for (const [name, { sets }] of Object.entries(FAULTS)) {
    assert.deepEqual(patchFromObject({ fault: name }), { ok: true, patch: sets });
  }
  const refined = patchFromHeaders([
    ["x-mock-stall-after-events", "7"],
    ["x-mock-fault", "stall"],
  ]);
  assert.deepEqual(refined, { ok: true, patch: { stallAfterEvents: 7 } });
});

test("headers that are not the mock's are no behaviour", () => {
  assert.deepEqual(patchFromHeaders([["authorization", "Bearer x"]]), { ok: true, patch: undefined });
});

test("what is wrong is named with what would be right", () => {
  const cases: readonly (readonly [parsed: { ok: boolean; problem?: string }, problem: string])[] = [
    [patchFromHeaders([["x-mock-latency", "1"]]), "x-mock-latency is not a behaviour of the mock"],
    [patchFromHeaders([["x-mock-chunks", "1.5"]]), "x-mock-chunks must be a whole number from 0 to 1000000"],
    [patchFromHeaders([["x-mock-chunks", ""]]), "x-mock-chunks must be a whole number from 0 to 1000000"],
    [patchFromFlags([["usage", "yes"]]), "--usage must be one of auto, on, off, finish-chunk, twice"],
    [patchFromFlags([["fault", "toString"]]), '--fault: there is no fault "toString"'],
    [patchFromObject({ done: "maybe" }), "done must be true or false"],
    [patchFromObject({ retryAfter: 1 }), "retryAfter must be text"],
    [patchFromObject({ __proto__: null, constructor: 1 }), "constructor is not a behaviour of the mock"],
    [patchFromObject([]), "x_mock must be an object"],
    [patchFromObject({ latencyMs: -1 }), "latencyMs must be a number from 0 to 3600000"],
  ];
  for (const [parsed, problem] of cases) assert.deepEqual(parsed, { ok: false, problem });
});

test("fields that cannot be played together are refused", () => {
  const closeAndGzip = resolveBehaviour(
    DEFAULT_BEHAVIOUR,
    patchFromObject({ framing: "close", encoding: "gzip" }),
  );
  assert.deepEqual(closeAndGzip, { ok: false, problem: "framing close goes with neither gzip nor split" });
  const huge = resolveBehaviour(
    DEFAULT_BEHAVIOUR,
    patchFromObject({ chunks: 1_000_000, chunkBytes: 1_000_000 }),
  );
  assert.deepEqual(huge, { ok: false, problem: "chunks times chunkBytes is more than 256 MiB" });
});
