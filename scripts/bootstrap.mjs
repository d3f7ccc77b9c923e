#!/usr/bin/env node
/**
 * The one door to every command, on a machine that has only Node 18 or newer, npm and a package registry:
 * installs Node 24 and pnpm into the checkout, the packages, builds, and then runs the command. When all that is
 * there already it costs a few dozen milliseconds. Needs nothing but Node.
 */
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { BootstrapFailure } from "./bootstrap/failure.mjs";
import { prepare } from "./bootstrap/prepare.mjs";
import { run } from "./bootstrap/run.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const GATEWAY_CLI = join(ROOT, "packages", "gateway", "dist", "cli", "main.js");
const GATEWAY_SOURCE = join(ROOT, "packages", "gateway", "src", "cli", "main.ts");
const CHECK = join(ROOT, "scripts", "check.mjs");
const BENCH = join(ROOT, "bench", "dist", "cli.js");
const CONFORMANCE = join(ROOT, "packages", "gateway", "test", "conformance", "cli.ts");

/**
 * Every test of the workspace. `--conditions=headrace-source` lets packages find each other's TypeScript, so that a test
 * never runs against a stale build.
 */
const TEST_PATTERNS = [
  "packages/*/src/**/*.test.ts",
  "packages/*/test/**/*.test.ts",
  "bench/src/**/*.test.ts",
  "scripts/**/*.test.mjs",
];
const TEST_FLAGS = ["--conditions=headrace-source", "--test", "--test-reporter=spec", "--test-concurrency=2"];

/**
 * What each command needs built, and what it runs: a list of Node's arguments for each program, one after the
 * other. Programs run in the caller's folder, so that `--config` means what it says.
 *
 * @type {Record<string, { needs: import("./bootstrap/prepare.mjs").Scope, programs: (args: string[]) => string[][] }>}
 */
const COMMANDS = {
  start: { needs: "gateway", programs: (args) => [[GATEWAY_CLI, "start", ...args]] },
  cli: { needs: "gateway", programs: (args) => [[GATEWAY_CLI, ...args]] },
  dev: {
    needs: "nothing",
    programs: (args) => [["--watch", "--conditions=headrace-source", GATEWAY_SOURCE, "start", ...args]],
  },
  test: { needs: "everything", programs: testPrograms },
  check: { needs: "nothing", programs: (args) => [[CHECK, ...args]] },
  bench: { needs: "everything", programs: (args) => [[BENCH, ...args]] },
  conformance: {
    needs: "gateway",
    programs: (args) => [["--conditions=headrace-source", CONFORMANCE, ...args]],
  },
  install: { needs: "nothing", programs: () => [] },
  build: { needs: "everything", programs: () => [] },
  assemble: { needs: "gateway", programs: (args) => [[join(ROOT, "scripts", "assemble.mjs"), ...args]] },
  rehearse: {
    needs: "nothing",
    programs: (args) => [[join(ROOT, "scripts", "image", "rehearse.mjs"), ...args]],
  },
};

/**
 * Named tests run alone. The whole run is the checks, a few hot functions by ratio with the base, and then every test, so
 * that Node's summary comes last.
 */
function testPrograms(args) {
  if (args.some((arg) => !arg.startsWith("-"))) return [[...TEST_FLAGS, ...args]];
  const everything = TEST_PATTERNS.map((pattern) => join(ROOT, pattern));
  return [[CHECK], [BENCH, "micro", "--ci"], [...TEST_FLAGS, ...args, ...everything]];
}

async function main() {
  const [name = "", ...args] = process.argv.slice(2);
  const command = COMMANDS[name];
  if (command === undefined) {
    throw new BootstrapFailure(`unknown command "${name}": use one of ${Object.keys(COMMANDS).join(", ")}`);
  }
  const toolchain = await prepare(ROOT, command.needs);
  for (const program of command.programs(args)) {
    const code = await run(toolchain.node, program, { cwd: process.cwd(), env: toolchain.env });
    if (code !== 0) return code;
  }
  return 0;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof BootstrapFailure)) throw error;
    process.stderr.write(`headrace: ${error.message}.\n`);
    process.exitCode = 1;
  }
}
