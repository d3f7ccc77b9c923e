import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FAULTS } from "./behaviour/faults.ts";
import { BEHAVIOUR_FIELDS, BEHAVIOUR_NAMES } from "./behaviour/fields.ts";
import { expectation, kebabCase, patchFromHeaders, patchFromObject } from "./behaviour/parse.ts";

const LINES = readFileSync(new URL("../README.md", import.meta.url), "utf8").split("\n");

/** The example in the last cell of the row that begins so. */
function exampleOf(rowStart: string): string {
  const row = LINES.find((line) => line.startsWith(rowStart));
  assert.ok(row !== undefined, `README.md lacks the row ${rowStart}`);
  return /`([^`]*)` \|$/.exec(row)?.[1] ?? "";
}

test("the README has every behaviour as the table has it, with an example that works", () => {
  for (const name of BEHAVIOUR_NAMES) {
    const field = BEHAVIOUR_FIELDS[name];
    const initial = JSON.stringify(field.initial);
    const example = exampleOf(`| \`${name}\` | ${expectation(field)} | \`${initial}\` | ${field.help} |`);
    const [header = "", value = ""] = example.split(/: (.*)/s);
    assert.equal(header, `x-mock-${kebabCase(name)}`);
    const parsed = patchFromHeaders([[header, value]]);
    assert.ok(parsed.ok && parsed.patch?.[name] !== field.initial, example);
  }
});

test("the README has every fault as the table has it, with an example that works", () => {
  for (const [name, { help, sets }] of Object.entries(FAULTS)) {
    const example = JSON.parse(exampleOf(`| \`${name}\` | ${help} |`));
    assert.deepEqual(patchFromObject(example.x_mock), { ok: true, patch: sets });
  }
});
