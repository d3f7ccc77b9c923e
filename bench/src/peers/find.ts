import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { repoDir } from "../paths.ts";
import type { PeerRecord } from "./record.ts";

/** How to run a peer that was found: `command` with `leading` before the record's own arguments. */
export interface FoundPeer {
  command: string;
  leading: string[];
  /** The program itself, for `__program__`. */
  program: string;
  version: string;
}

export type FindResult = { found: FoundPeer } | { missing: string };

function executableOnPath(command: string, path: string): string | undefined {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      if (statSync(file).isFile()) return file;
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** A server's own folder (`/usr/sbin`) is often missing from a user's PATH. */
function searchPath(): string {
  return [process.env.PATH ?? "", "/usr/sbin", "/usr/local/sbin"].join(delimiter);
}

function npmCandidates(record: PeerRecord, given: string | undefined): string[] {
  const { npmPackage, npmEntry } = record.find;
  if (npmPackage === undefined || npmEntry === undefined) return [];
  const global = join(dirname(dirname(process.execPath)), "lib", "node_modules");
  if (given === undefined) return [join(global, npmPackage, npmEntry)];
  return [given, join(given, npmEntry), join(given, "node_modules", npmPackage, npmEntry)];
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function locate(record: PeerRecord, given: string | undefined): Omit<FoundPeer, "version"> | undefined {
  const script =
    record.find.repoEntry === undefined
      ? npmCandidates(record, given).find(isFile)
      : [join(repoDir, record.find.repoEntry)].find(isFile);
  if (script !== undefined) return { command: process.execPath, leading: [script], program: script };
  if (record.find.command === undefined) return undefined;
  const program =
    given === undefined ? executableOnPath(record.find.command, searchPath()) : [resolve(given)].find(isFile);
  return program === undefined ? undefined : { command: program, leading: [], program };
}

function versionOf(record: PeerRecord, found: Omit<FoundPeer, "version">): string {
  if (record.version === undefined) return "";
  const run = spawnSync(found.command, [...found.leading, ...record.version], {
    encoding: "utf8",
    timeout: 60_000,
  });
  const text = `${run.stdout ?? ""}\n${run.stderr ?? ""}`;
  return /v?\d+\.\d+[\w.+-]*/.exec(text)?.[0] ?? "";
}

/** Finds a peer's program; `given` is the value of its flag. */
export function findPeer(record: PeerRecord, given?: string): FindResult {
  const found = locate(record, given);
  if (found !== undefined) return { found: { ...found, version: versionOf(record, found) } };
  const where =
    given !== undefined
      ? "nothing runnable at the given path"
      : record.find.repoEntry !== undefined
        ? "not built"
        : record.find.command !== undefined
          ? `no ${record.find.command} on PATH`
          : `no global npm package ${record.find.npmPackage ?? ""}`;
  return { missing: `${where}; give its place with --${record.name} PATH` };
}
