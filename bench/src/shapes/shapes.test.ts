import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repoDir } from "../paths.ts";
import { measureShapes, renderShapes } from "./command.ts";
import { parseShapeOptions } from "./options.ts";

const BUILT = ["packages/gateway/dist/cli/main.js", "packages/mock-upstream/dist/cli.js"];
const missing = BUILT.filter((entry) => !existsSync(join(repoDir, entry)));

test("options name shapes", () => {
  assert.deepEqual(
    parseShapeOptions(["--only", "semi-4,node"]).shapes.map(({ name }) => name),
    ["semi-4", "node"],
  );
  assert.throws(() => parseShapeOptions(["--only", "round"]), /no shape called "round"/);
  assert.throws(() => parseShapeOptions(["--rounds", "0.5"]), /--rounds/);
});

test("the quick form measures a shape and fails no call", {
  skip: missing.length > 0 ? `not built: ${missing.join(", ")}` : false,
}, async () => {
  const args = ["--quick", "--rounds", "1", "--only", "semi-4"];
  const results = await measureShapes(parseShapeOptions(args), { args, log: () => {} });
  const [reading] = results.readings;
  assert.deepEqual(reading?.problems, []);
  assert.ok((reading?.readyMb ?? 0) > 30 && (reading?.fullUs ?? 0) > 5 && (reading?.streamUs ?? 0) > 5);
  assert.match(renderShapes(results), /\| semi-4 \| \d/);
});
