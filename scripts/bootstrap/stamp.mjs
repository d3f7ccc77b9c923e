import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/**
 * A stamp is the hash of all that a step depends on, written when the step is done: the step is skipped while the
 * hash stays the same. Stamps live in node_modules, so they go when it goes.
 */

/** The folders of the workspace's packages, relative to the root. */
function workspaceFolders(root) {
  const packages = readdirSync(join(root, "packages")).map((name) => join("packages", name));
  return [...packages, "bench"].filter((folder) => existsSync(join(root, folder, "package.json"))).sort();
}

/**
 * What an installation depends on: the lockfile, the manifests and the machine.
 *
 * @param {string} root
 * @param {string[]} toolchain versions and machine kind
 */
export function installStamp(root, toolchain) {
  const hash = createHash("sha256").update(toolchain.join("\n"));
  const manifests = workspaceFolders(root).map((folder) => join(folder, "package.json"));
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...manifests]) {
    hash.update(`\n${file}\n`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/**
 * What a build depends on: path, size and time of every source; reading them all would be the slower way.
 *
 * @param {string} root
 * @param {string} installed the stamp of the installation that the build uses
 * @param {(folder: string) => boolean} isBuilt whether the build makes the package in this folder
 */
export function buildStamp(root, installed, isBuilt) {
  const hash = createHash("sha256").update(installed);
  const add = (file) => {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`\n${file} ${size} ${mtimeMs}`);
  };
  for (const file of ["tsconfig.base.json", "turbo.json"]) add(file);
  for (const folder of workspaceFolders(root).filter(isBuilt)) {
    add(join(folder, "tsconfig.json"));
    hash.update(`\n${folder} ${existsSync(join(root, folder, "dist"))}`);
    for (const file of listFiles(root, join(folder, "src"))) add(file);
  }
  return hash.digest("hex");
}

function listFiles(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? listFiles(root, path) : [path];
    })
    .sort();
}

/** @param {string} file @returns {string | undefined} the stamp of the last finished run */
export function readStamp(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Writes a stamp in one piece: a half-written one would only cost a step, but would look like a bug. */
export function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, stamp);
  renameSync(temporary, file);
}
