import { join } from "node:path";
import { hostGlibc, relinkInstalled } from "../relink-uws.mjs";
import { BootstrapFailure } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { capture, step } from "./progress.mjs";
import { buildStamp, installStamp, readStamp, writeStamp } from "./stamp.mjs";
import { ensureToolchain, keptFailure, TOOLCHAIN_FOLDER } from "./toolchain.mjs";

/**
 * What a command needs built: nothing, the gateway with what it depends on, or the whole workspace.
 *
 * @typedef {"nothing" | "gateway" | "everything"} Scope
 */

/** @type {Record<Scope, { turboFlags: string[], isBuilt: (folder: string) => boolean }>} */
const SCOPES = {
  nothing: { turboFlags: [], isBuilt: () => false },
  gateway: { turboFlags: ["--filter=@headrace/gateway"], isBuilt: (folder) => folder.startsWith("packages") },
  everything: { turboFlags: [], isBuilt: () => true },
};

/**
 * Brings the checkout into the state that a command needs, and does nothing when it is there already.
 *
 * @param {string} root
 * @param {Scope} scope
 * @returns {Promise<import("./toolchain.mjs").Toolchain>}
 * @throws {BootstrapFailure}
 */
export async function prepare(root, scope) {
  const { platform, arch, execPath, version } = process;
  const machine = { platform, arch, execPath, nodeVersion: version, glibc: hostGlibc() };
  const toolchain = await ensureToolchain(root, machine);
  if (isInstalled(root, toolchain) && isBuilt(root, toolchain, scope)) return toolchain;
  await withLock(join(root, TOOLCHAIN_FOLDER, "lock"), async () => {
    if (!isInstalled(root, toolchain)) await installPackages(root, toolchain);
    if (!isBuilt(root, toolchain, scope)) await build(root, toolchain, scope);
  });
  return toolchain;
}

const installStampFile = (root) => join(root, "node_modules", ".headrace-installed");
const buildStampFile = (root, scope) => join(root, "node_modules", `.headrace-built-${scope}`);

function isInstalled(root, { stampParts }) {
  return readStamp(installStampFile(root)) === installStamp(root, stampParts);
}

function isBuilt(root, { stampParts }, scope) {
  if (scope === "nothing") return true;
  const stamp = buildStamp(root, installStamp(root, stampParts), SCOPES[scope].isBuilt);
  return readStamp(buildStampFile(root, scope)) === stamp;
}

async function installPackages(root, toolchain) {
  const title = "Installing packages";
  await step(title, async () => {
    // Without this pnpm may ask whether it may replace a node_modules of another layout, and nobody would answer.
    const env = { ...toolchain.env, CI: "true" };
    const args = ["install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"];
    const { code, output } = await capture(toolchain.pnpm, args, { cwd: root, env });
    if (code !== 0) throw keptFailure(root, title, output);
    relink(root);
    writeStamp(installStampFile(root), installStamp(root, toolchain.stampParts));
  });
}

function relink(root) {
  try {
    relinkInstalled(root);
  } catch (error) {
    throw new BootstrapFailure(`uWebSockets.js cannot be used with this glibc: ${error.message}`);
  }
}

async function build(root, toolchain, scope) {
  await step("Building", async () => {
    const turbo = join(root, "node_modules", ".bin", "turbo");
    const { turboFlags, isBuilt } = SCOPES[scope];
    const args = ["run", "build", ...turboFlags, "--output-logs=errors-only", "--log-prefix=none"];
    const { code, output } = await capture(turbo, args, { cwd: root, env: toolchain.env });
    if (code !== 0) {
      process.stdout.write(`\n${output}`);
      throw new BootstrapFailure("the build failed: its errors stand above");
    }
    // Taken after the build, which makes the output folders that the stamp tells of.
    const stamp = buildStamp(root, installStamp(root, toolchain.stampParts), isBuilt);
    writeStamp(buildStampFile(root, scope), stamp);
  });
}
