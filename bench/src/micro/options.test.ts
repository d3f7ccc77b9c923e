import assert from "node:assert/strict";
import { it } from "node:test";
import { UsageError } from "../command-line.ts";
import { DEFAULT_BASE, parseMicroOptions } from "./options.ts";

it("compares with nothing unless it is asked to, and with the base when it is not said with what", () => {
  assert.equal(parseMicroOptions([]).against, null);
  assert.equal(parseMicroOptions(["--against"]).against, DEFAULT_BASE);
  assert.equal(parseMicroOptions(["--against", "--rounds", "5"]).against, DEFAULT_BASE);
  assert.equal(parseMicroOptions(["--against", "v1.0.0"]).against, "v1.0.0");
  assert.equal(parseMicroOptions(["--ci"]).against, DEFAULT_BASE);
});

it("takes several parts of names, and fails only when it is asked to, or in CI", () => {
  assert.deepEqual(parseMicroOptions(["--only", "core/sse;a, b"]).only, ["core/sse", "a, b"]);
  assert.equal(parseMicroOptions(["--against"]).failAbove, null);
  assert.equal(parseMicroOptions(["--against", "--fail-above", "1.2"]).failAbove, 1.2);
  assert.equal(parseMicroOptions(["--ci"]).failAbove, 1.5);
});

it("refuses what makes no sense", () => {
  for (const args of [
    ["--rounds", "0"],
    ["--rounds", "2.5"],
    ["--fail-above", "0.9"],
    ["--name", "../x"],
  ]) {
    assert.throws(() => parseMicroOptions(args), UsageError);
  }
});
