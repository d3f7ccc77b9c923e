import { spawnSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { repoDir } from "../paths.ts";

/** What a reader needs to judge and repeat a result. Holds no path of the machine. */
export interface MachineRecord {
  cpuModel: string;
  cores: number;
  kernel: string;
  memoryMb: number;
  node: string;
  commit: string;
  /** True when tracked files differed from the commit. */
  dirty: boolean;
  commandLine: string;
}

function git(...args: string[]): string {
  return spawnSync("git", args, { cwd: repoDir, encoding: "utf8" }).stdout?.trim() ?? "";
}

/** Absolute paths say nothing to a reader and belong to the machine: their last part stays. */
export function withoutHostPaths(text: string): string {
  return text.replaceAll(/(?<=^|[\s=,'"(])(?:\/[^\s/,'")]+)+\/([^\s/,'")]+)/g, "$1");
}

export function recordMachine(args: readonly string[]): MachineRecord {
  return {
    cpuModel: cpus()[0]?.model.trim() ?? "unknown",
    // Not availableParallelism(): the bench has pinned itself by now.
    cores: cpus().length,
    kernel: `${process.platform} ${release()}`,
    memoryMb: Math.round(totalmem() / 1e6),
    node: process.version,
    commit: git("rev-parse", "HEAD") || "unknown",
    dirty: git("status", "--porcelain", "--untracked-files=no") !== "",
    commandLine: ["pnpm bench", ...args.map(withoutHostPaths)].join(" ").trim(),
  };
}

/** When a run was, how long it took, and where. */
export interface RunRecord {
  startedAt: string;
  wallSeconds: number;
  machine: MachineRecord;
}

/**
 * For a run that ends now.
 *
 * @param words - of the command line
 */
export function recordRun(startedAt: Date, words: readonly string[]): RunRecord {
  return {
    startedAt: startedAt.toISOString(),
    wallSeconds: (Date.now() - startedAt.getTime()) / 1000,
    machine: recordMachine(words),
  };
}
