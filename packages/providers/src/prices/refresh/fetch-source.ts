import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { PriceSource } from "./sources.ts";

/**
 * Fetches a source's package with its own client into an empty folder, unpacks it there and runs nothing of it.
 *
 * @returns the path of the file that is read of it
 * @throws Error when the client fails or the package is not the pinned one.
 */
export function fetchSource(source: PriceSource, folder: string): string {
  const { client, name, version, sha256, file } = source;
  if (client === "npm") run("npm", ["pack", "--silent", `${name}@${version}`], folder);
  // One platform's wheel: the data in all of them is the same, their digests are not.
  else run("python3", [...PIP_DOWNLOAD, `${name}==${version}`], folder);
  const [fetched, ...others] = readdirSync(folder);
  if (fetched === undefined || others.length > 0)
    throw new Error(`${client} fetched no single file of ${name}`);
  const found = createHash("sha256")
    .update(readFileSync(join(folder, fetched)))
    .digest("hex");
  if (found !== sha256) throw new Error(`${name} ${version} is not the pinned one: its SHA-256 is ${found}`);
  if (client === "npm") run("tar", ["xzf", fetched], folder);
  else run("python3", ["-m", "zipfile", "-e", fetched, "."], folder);
  return join(folder, file);
}

const PIP_DOWNLOAD = [
  "-m",
  "pip",
  "download",
  "--quiet",
  "--disable-pip-version-check",
  "--no-deps",
  "--only-binary=:all:",
  "--platform=manylinux_2_28_x86_64",
  "--python-version=3.12",
  "--dest=.",
];

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}
