import { join } from "node:path";
import { capture } from "../bootstrap/progress.mjs";
import { fileNames, fileSizes, libraryOwners, packageArrows } from "./house-rules.mjs";

/**
 * One part of the check.
 *
 * @typedef {{ name: string, about: string, run: (root: string) => Promise<{ ok: boolean, output: string }> }} Section
 */

const BIOME_FLAGS = ["--error-on-warnings", "--diagnostic-level=warn", "--max-diagnostics=100"];

/** @type {Section[]} */
export const SECTIONS = [
  tool("biome", "format, lint, import arrows and cycles", ["biome", "check", ...BIOME_FLAGS]),
  tool("tsc", "types of every package", ["tsc", "-b", "--pretty", "false"]),
  tool("tsc:tests", "types of the tests against started commands", [
    "tsc",
    "-p",
    "packages/gateway/test",
    "--pretty",
    "false",
  ]),
  tool("tsc:scripts", "types of the scripts", ["tsc", "-p", "scripts", "--pretty", "false"]),
  tool("knip", "unused files, exports and dependencies", ["knip", "--no-progress", "--no-config-hints"]),
  houseRule("arrows", "which package may depend on which, in exact versions", packageArrows),
  houseRule("owners", "where a shaping library may be imported", libraryOwners),
  houseRule("sizes", "lines of a file", fileSizes),
  houseRule("names", "no barrels, no drawers", fileNames),
];

/** @returns {Section} a section that runs an installed program */
function tool(name, about, [program, ...args]) {
  return {
    name,
    about,
    run: async (root) => {
      const bin = join(root, "node_modules", ".bin", program);
      const { code, output } = await capture(bin, args, { cwd: root, env: process.env });
      return { ok: code === 0, output };
    },
  };
}

/** @returns {Section} a section that applies one of the house rules */
function houseRule(name, about, rule) {
  return {
    name,
    about,
    run: async (root) => {
      const findings = rule(root);
      return { ok: findings.length === 0, output: findings.map((finding) => `${finding}\n`).join("") };
    },
  };
}
