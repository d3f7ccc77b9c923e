import { readFileSync } from "node:fs";
import { readTreeCpu } from "../measure/process-tree.ts";

/** One reading of who used the CPUs so far. */
export interface MachineLoad {
  atMs: number;
  /** All programs, and what the host took from this machine. */
  busyMs: number;
  /** This process and everything below it. */
  ownMs: number;
}

/** USER_HZ, the unit of /proc/stat. */
const TICKS_PER_SECOND = 100;

/**
 * user, nice, system, irq, softirq and steal of the first line of /proc/stat (proc(5)), in ms. Most kernels charge
 * interrupts to the process that they hit; on one that does not, those of the bench's own traffic count as others'.
 */
export function parseBusyMs(procStat: string): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] =
    procStat.split("\n", 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  return ((user + nice + system + irq + softirq + steal) * 1000) / TICKS_PER_SECOND;
}

/** Children that have ended and were waited for: cutime + cstime of `/proc/self/stat`. */
function endedChildrenMs(): number {
  const text = readFileSync("/proc/self/stat", "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[13]) + Number(fields[14])) * 1000) / TICKS_PER_SECOND;
}

export function readMachineLoad(): MachineLoad {
  const own = [...readTreeCpu(process.pid).values()].reduce((sum, ms) => sum + ms, 0);
  return {
    atMs: performance.now(),
    busyMs: parseBusyMs(readFileSync("/proc/stat", "utf8")),
    ownMs: own + endedChildrenMs(),
  };
}

/** Cores that programs other than the bench used between two readings: above a few hundredths, figures are noise. */
export function otherCores(before: MachineLoad, after: MachineLoad): number {
  const busyMs = after.busyMs - before.busyMs - (after.ownMs - before.ownMs);
  return Math.max(0, busyMs) / (after.atMs - before.atMs);
}
