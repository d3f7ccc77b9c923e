import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonObjectTracker } from "./json-object-tracker.ts";

const seed = Number(process.env.FAST_CHECK_SEED ?? 20_260_101);

test(`JSON tracker: an object is whole with its last character and not before (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
      const text = JSON.stringify(object);
      const tracker = new JsonObjectTracker();
      for (const [position, character] of [...text].entries()) {
        assert.equal(tracker.isWhole, false, `at ${position} of ${text}`);
        tracker.push(character);
      }
      assert.equal(tracker.isWhole, true);
    }),
    { seed },
  );
});

test("JSON tracker: brackets inside of strings do not count", () => {
  const tracker = new JsonObjectTracker();
  tracker.push('{"a":"}\\"}]');
  assert.equal(tracker.isWhole, false);
  tracker.push('"');
  tracker.push("}\n");
  assert.equal(tracker.isWhole, true);
});
