import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { BootstrapFailure, installFailure } from "./failure.mjs";
import { isSupportedNode, toolchainPackages } from "./platform.mjs";
import { capture, step } from "./progress.mjs";

/** Where binaries and logs of this checkout are kept; git-ignored. */
export const TOOLCHAIN_FOLDER = ".toolchain";

/**
 * The Node and pnpm of this checkout.
 *
 * @typedef {{ node: string, nodeVersion: string, pnpm: string, stampParts: string[], env: NodeJS.ProcessEnv }} Toolchain
 */

/** The exact versions, from the one place that pins them: the root package.json. */
function readPins(root) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return { node: manifest.devEngines.runtime.version, pnpm: manifest.packageManager.replace("pnpm@", "") };
}

/**
 * Finds the toolchain, and installs what is missing of it into the checkout.
 *
 * @param {string} root
 * @param {import("./platform.mjs").Machine & { execPath: string, nodeVersion: string }} machine
 * @param {{ write(text: string): unknown }} out where progress goes
 * @returns {Promise<Toolchain>}
 * @throws {BootstrapFailure}
 */
export async function ensureToolchain(root, machine, out = process.stdout) {
  const packages = toolchainPackages(machine);
  const pins = readPins(root);
  const home = join(root, TOOLCHAIN_FOLDER);
  const pnpm = {
    name: packages.pnpm,
    version: pins.pnpm,
    folder: join(home, `pnpm-${pins.pnpm}-${packages.id}`),
  };
  const node = {
    name: packages.node,
    version: pins.node,
    folder: join(home, `node-${pins.node}-${packages.id}`),
  };
  const usesSystemNode = isSupportedNode(machine.nodeVersion);

  const missing = (usesSystemNode ? [pnpm] : [node, pnpm]).filter(({ folder }) => !existsSync(folder));
  if (missing.length > 0) await installBinaries(root, missing, out);

  const nodePath = usesSystemNode ? machine.execPath : join(node.folder, "bin", "node");
  const path = [dirname(nodePath), pnpm.folder, process.env.PATH ?? ""].join(delimiter);
  return {
    node: nodePath,
    nodeVersion: usesSystemNode ? machine.nodeVersion : `v${pins.node}`,
    pnpm: join(pnpm.folder, "pnpm"),
    stampParts: [packages.id, usesSystemNode ? machine.nodeVersion : `v${pins.node}`, pins.pnpm],
    env: {
      ...process.env,
      ...registryForPnpm(),
      PATH: path,
      TURBO_TELEMETRY_DISABLED: "1",
      DO_NOT_TRACK: "1",
    },
  };
}

/** npm takes its registry from the environment too, as containers set it, and pnpm knows another name for it. */
function registryForPnpm() {
  const registry = process.env.npm_config_registry ?? process.env.NPM_CONFIG_REGISTRY;
  return registry === undefined ? {} : { pnpm_config_registry: registry };
}

/**
 * Installs binaries side by side into a folder of their own, then renames each to its place: another process
 * that does the same at the same time loses the rename and finds the same content there.
 */
async function installBinaries(root, binaries, out) {
  const titles = binaries.map(({ folder, version }) => {
    return folder.includes("pnpm-") ? `pnpm ${version}` : `Node.js ${version}`;
  });
  const home = join(root, TOOLCHAIN_FOLDER);
  mkdirSync(home, { recursive: true });
  const staging = mkdtempSync(join(home, "staging-"));
  writeFileSync(join(staging, "package.json"), '{ "private": true }\n');
  const title = `Installing ${titles.join(" and ")}`;
  try {
    const install = async () => {
      const { code, output } = await runNpm(staging, binaries);
      const isComplete = binaries.every(({ name }) => existsSync(join(staging, "node_modules", name)));
      if (code !== 0 || !isComplete) throw keptFailure(root, title, output);
      for (const { name, folder } of binaries) moveInto(join(staging, "node_modules", name), folder);
    };
    await step(title, install, out);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function runNpm(staging, binaries) {
  const specs = binaries.map(({ name, version }) => `${name}@${version}`);
  const flags = [
    "--ignore-scripts",
    "--no-save",
    "--no-package-lock",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  const retries = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"];
  const args = ["install", "--prefix", staging, ...flags, ...retries, ...specs];
  try {
    return await capture("npm", args, { cwd: staging, env: process.env });
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    throw new BootstrapFailure("npm is missing: install it together with Node.js and run the command again");
  }
}

function moveInto(from, to) {
  try {
    renameSync(from, to);
  } catch (error) {
    if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  }
}

/** Keeps the whole output in a log file and gives the one sentence about it. */
export function keptFailure(root, title, output) {
  const log = join(TOOLCHAIN_FOLDER, "install.log");
  mkdirSync(join(root, TOOLCHAIN_FOLDER), { recursive: true });
  writeFileSync(join(root, log), output);
  return installFailure(title, output, log);
}
