#!/usr/bin/env node
/**
 * Every check that is no test, in one command. Sections run side by side; each prints one line when it is done,
 * and its findings below when there are any. `check.mjs biome tsc` runs only these two.
 */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SECTIONS } from "./check/sections.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SECTIONS.some((section) => section.name === name));
if (unknown.length > 0) {
  const known = SECTIONS.map((section) => `  ${section.name.padEnd(12)} ${section.about}\n`).join("");
  process.stderr.write(`unknown section ${unknown.join(", ")}; there are\n${known}`);
  process.exit(2);
}

const sections = SECTIONS.filter((section) => wanted.length === 0 || wanted.includes(section.name));
const failed = (await Promise.all(sections.map(report))).filter((ok) => !ok).length;
process.stdout.write(
  failed === 0 ? "check: all sections ok\n" : `check: ${failed} of ${sections.length} sections failed\n`,
);
process.exitCode = failed === 0 ? 0 : 1;

/** @param {import("./check/sections.mjs").Section} section */
async function report(section) {
  const startedAt = performance.now();
  const { ok, output } = await section.run(root);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const verdict = ok ? "ok  " : "FAIL";
  process.stdout.write(
    `check: ${verdict} ${section.name.padEnd(12)} ${seconds.padStart(5)} s  ${section.about}\n`,
  );
  if (!ok) process.stdout.write(`${output.trimEnd().replace(/^/gm, "    ")}\n`);
  return ok;
}
