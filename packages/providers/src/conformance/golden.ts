import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const GOLDENS = new URL("../../fixtures/goldens/", import.meta.url);
const UPDATE = process.env.UPDATE_GOLDENS === "1";

/**
 * Compares a text with the one that somebody has read and committed; with `UPDATE_GOLDENS=1` it is written instead, to be
 * read before it is committed.
 */
export function assertGolden(path: string, text: string): void {
  const file = fileURLToPath(new URL(path, GOLDENS));
  if (UPDATE) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  const committed = existsSync(file) ? readFileSync(file, "utf8") : "";
  assert.equal(text, committed, `run the test with UPDATE_GOLDENS=1 and read what it writes to ${path}`);
}
