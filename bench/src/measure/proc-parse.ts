/** USER_HZ of every Linux that Node runs on: the unit of the times in /proc/<pid>/stat. */
const TICKS_PER_SECOND = 100;

export interface ProcStat {
  pid: number;
  parentPid: number;
  /** utime + stime of all threads, in milliseconds; 10 ms coarse. */
  cpuMs: number;
}

/** Reads the text of `/proc/<pid>/stat` (proc(5)). The command may hold spaces and parentheses, so fields count from the last one. */
export function parseProcStat(text: string): ProcStat {
  const afterCommand = text.lastIndexOf(")") + 2;
  const fields = text.slice(afterCommand).split(" ");
  const field = (numberInManual: number): number => Number(fields[numberInManual - 3]);
  return {
    pid: Number.parseInt(text, 10),
    parentPid: field(4),
    cpuMs: ((field(14) + field(15)) * 1000) / TICKS_PER_SECOND,
  };
}

/** CPU time in milliseconds from `/proc/<pid>/task/<tid>/schedstat`, whose first number is nanoseconds on a CPU. */
export function parseSchedstatMs(text: string): number {
  return Number.parseInt(text, 10) / 1e6;
}

export interface MemoryUse {
  rssMb: number;
  /** Proportional set size: pages shared with other processes counted by their share. */
  pssMb: number;
}

/** Reads the text of `/proc/<pid>/smaps_rollup`. Megabytes are 10^6 bytes. */
export function parseSmapsRollup(text: string): MemoryUse {
  return { rssMb: kilobytesOf(text, "Rss"), pssMb: kilobytesOf(text, "Pss") };
}

/** Resident memory in megabytes from `/proc/<pid>/status`, for processes whose maps may not be read. */
export function parseStatusRssMb(text: string): number {
  return kilobytesOf(text, "VmRSS");
}

function kilobytesOf(text: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text);
  return (Number(match?.[1] ?? 0) * 1024) / 1e6;
}
