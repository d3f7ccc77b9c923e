import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { generatedFiles } from "./files.ts";

const root = new URL("../../../../", import.meta.url);

for (const [path, text] of generatedFiles()) {
  test(`generated file ${path} is up to date`, () => {
    const committed = readFileSync(new URL(path, root), "utf8");
    assert.ok(
      committed === text,
      "run `pnpm --filter @headrace/providers generate` and commit what it writes",
    );
  });
}
