import { join } from "node:path";
import { hostGlibc, relinkInstalled } from "../relink-uws.mjs";
import { BootstrapFailure } from "./failure.mjs";
import { withLock } from "./lock.mjs";
import { capture, step } from "./progress.mjs";
import { buildStamp, installStamp, readStamp, writeStamp } from "./stamp.mjs";
import { ensureToolchain, keptFailure, TOOLCHAIN_FOLDER } from "./toolchain.mjs";

/**
 * Brings the checkout into the state that a command needs, and does nothing when it is there already.
 *
 * @param {string} root
 * @param {{ build: boolean }} need
 * @returns {Promise<import("./toolchain.mjs").Toolchain>}
 * @throws {BootstrapFailure}
 */
export async function prepare(root, need) {
  const { platform, arch, execPath, version } = process;
  const machine = { platform, arch, execPath, nodeVersion: version, glibc: hostGlibc() };
  const toolchain = await ensureToolchain(root, machine);
  if (isReady(root, toolchain, need)) return toolchain;
  await withLock(join(root, TOOLCHAIN_FOLDER, "lock"), async () => {
    const wanted = installStamp(root, toolchain.stampParts);
    if (readStamp(installStampFile(root)) !== wanted) await installPackages(root, toolchain, wanted);
    if (need.build && readStamp(buildStampFile(root)) !== buildStamp(root, wanted)) {
      await build(root, toolchain);
      writeStamp(buildStampFile(root), buildStamp(root, wanted));
    }
  });
  return toolchain;
}

const installStampFile = (root) => join(root, "node_modules", ".headrace-installed");
const buildStampFile = (root) => join(root, "node_modules", ".headrace-built");

function isReady(root, toolchain, need) {
  const installed = installStamp(root, toolchain.stampParts);
  if (readStamp(installStampFile(root)) !== installed) return false;
  return !need.build || readStamp(buildStampFile(root)) === buildStamp(root, installed);
}

async function installPackages(root, toolchain, stamp) {
  const title = "Installing packages";
  await step(title, async () => {
    // Without this pnpm may ask whether it may replace a node_modules of another layout, and nobody would answer.
    const env = { ...toolchain.env, CI: "true" };
    const args = ["install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"];
    const { code, output } = await capture(toolchain.pnpm, args, { cwd: root, env });
    if (code !== 0) throw keptFailure(root, title, output);
    relink(root);
    writeStamp(installStampFile(root), stamp);
  });
}

function relink(root) {
  try {
    relinkInstalled(root);
  } catch (error) {
    throw new BootstrapFailure(`uWebSockets.js cannot be used with this glibc: ${error.message}`);
  }
}

async function build(root, toolchain) {
  await step("Building", async () => {
    const turbo = join(root, "node_modules", ".bin", "turbo");
    const args = ["run", "build", "--output-logs=errors-only", "--log-prefix=none"];
    const { code, output } = await capture(turbo, args, { cwd: root, env: toolchain.env });
    if (code === 0) return;
    process.stdout.write(`\n${output}`);
    throw new BootstrapFailure("the build failed: its errors stand above");
  });
}
