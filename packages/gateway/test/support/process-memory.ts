import { readFileSync } from "node:fs";

/** Memory of a process that is in RAM. Linux only. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} tells no VmRSS`);
  return Number(kibibytes) * 1024;
}
