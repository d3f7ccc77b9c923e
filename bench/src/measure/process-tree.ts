import { readdirSync, readFileSync } from "node:fs";
import {
  type MemoryUse,
  parseProcStat,
  parseSchedstatMs,
  parseSmapsRollup,
  parseStatusRssMb,
} from "./proc-parse.ts";

/** CPU time of each process of a tree since it began, in milliseconds by process id. */
export type TreeCpu = ReadonlyMap<number, number>;

/** stat is 10 ms coarse; if the threads' sum is further below it than this, threads have ended and stat is right. */
const STAT_TOLERANCE_MS = 25;

/** A process may end between being listed and being read: then it has no text. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function numericEntries(path: string): string[] {
  try {
    return readdirSync(path).filter((name) => name.charCodeAt(0) <= 0x39);
  } catch {
    return [];
  }
}

/** False once the process has ended, which voids whatever was measured of it since. */
export function isRunning(pid: number): boolean {
  const text = readOrEmpty(`/proc/${pid}/stat`);
  return text !== "" && text.charAt(text.lastIndexOf(")") + 2) !== "Z";
}

/** The process and all its descendants, parents first. */
export function processTree(rootPid: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of numericEntries("/proc")) {
    const text = readOrEmpty(`/proc/${entry}/stat`);
    if (text === "") continue;
    const { pid, parentPid } = parseProcStat(text);
    children.set(parentPid, [...(children.get(parentPid) ?? []), pid]);
  }
  const tree = [rootPid];
  for (let i = 0; i < tree.length; i++) tree.push(...(children.get(tree[i] ?? 0) ?? []));
  return tree;
}

function cpuMsOf(pid: number): number {
  const text = readOrEmpty(`/proc/${pid}/stat`);
  if (text === "") return 0;
  const coarseMs = parseProcStat(text).cpuMs;
  let preciseMs = 0;
  for (const thread of numericEntries(`/proc/${pid}/task`)) {
    const schedstat = readOrEmpty(`/proc/${pid}/task/${thread}/schedstat`);
    if (schedstat !== "") preciseMs += parseSchedstatMs(schedstat);
  }
  return preciseMs + STAT_TOLERANCE_MS >= coarseMs ? preciseMs : coarseMs;
}

export function readTreeCpu(rootPid: number): TreeCpu {
  return new Map(processTree(rootPid).map((pid) => [pid, cpuMsOf(pid)]));
}

/** CPU milliseconds spent between two readings; a process born in between counts whole. */
export function cpuSpentMs(before: TreeCpu, after: TreeCpu): number {
  let spentMs = 0;
  for (const [pid, usedMs] of after) spentMs += Math.max(0, usedMs - (before.get(pid) ?? 0));
  return spentMs;
}

/** Memory of the whole tree. RSS counts shared pages once a process, PSS counts them once in all. */
export function readTreeMemory(rootPid: number): MemoryUse {
  const total = { rssMb: 0, pssMb: 0 };
  for (const pid of processTree(rootPid)) {
    const rollup = readOrEmpty(`/proc/${pid}/smaps_rollup`);
    if (rollup === "") {
      const rssMb = parseStatusRssMb(readOrEmpty(`/proc/${pid}/status`));
      total.rssMb += rssMb;
      total.pssMb += rssMb;
      continue;
    }
    const use = parseSmapsRollup(rollup);
    total.rssMb += use.rssMb;
    total.pssMb += use.pssMb;
  }
  return total;
}
