import { readdirSync } from "node:fs";
import { readTreeMemory } from "../measure/process-tree.ts";

/** What is read each second. Megabytes are 10^6 bytes; what the gateway did not tell in time is NaN. */
export interface Reading {
  /** Since the load began. */
  atS: number;
  /** Of the whole process tree. */
  rssMb: number;
  pssMb: number;
  heapUsedMb: number;
  heapTotalMb: number;
  /** What objects of the heap hold beside it, array buffers among them. */
  externalMb: number;
  /** Sockets and files of the gateway's process. */
  openFiles: number;
  threads: number;
  openRequests: number;
}

const READING_FIELDS: readonly (keyof Reading)[] = [
  "atS",
  "rssMb",
  "pssMb",
  "heapUsedMb",
  "heapTotalMb",
  "externalMb",
  "openFiles",
  "threads",
  "openRequests",
];

const BYTES_PER_MB = 1e6;
const SCRAPE_TIMEOUT_MS = 900;

export interface ReadTarget {
  pid: number;
  adminPort: number;
}

/** Takes one reading; `/metrics` is asked as a scraper asks it. */
async function takeReading({ pid, adminPort }: ReadTarget, atS: number): Promise<Reading> {
  const { rssMb, pssMb } = readTreeMemory(pid);
  const openFiles = countEntries(`/proc/${pid}/fd`);
  const threads = countEntries(`/proc/${pid}/task`);
  const metrics = await scrape(adminPort);
  const memory = (kind: string): number =>
    sumOf(metrics, "headrace_process_memory_bytes", `kind="${kind}"`) / BYTES_PER_MB;
  return {
    atS,
    rssMb,
    pssMb,
    heapUsedMb: memory("heap_used"),
    heapTotalMb: memory("heap_total"),
    externalMb: memory("external"),
    openFiles,
    threads,
    openRequests: sumOf(metrics, "headrace_open_requests", ""),
  };
}

/** 0 for a process that has ended. */
function countEntries(path: string): number {
  try {
    return readdirSync(path).length;
  } catch {
    return 0;
  }
}

async function scrape(adminPort: number): Promise<string> {
  try {
    const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`, {
      signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS),
    });
    return response.status === 200 ? await response.text() : "";
  } catch {
    return "";
  }
}

/** The sum of a metric's samples with this label, over the processes; NaN without any. */
export function sumOf(metrics: string, name: string, label: string): number {
  let sum = Number.NaN;
  for (const line of metrics.split("\n")) {
    if (!line.startsWith(name) || !/^[{ ]/.test(line.slice(name.length)) || !line.includes(label)) continue;
    const value = Number(line.slice(line.lastIndexOf(" ") + 1));
    sum = Number.isNaN(sum) ? value : sum + value;
  }
  return sum;
}

/** Takes a reading a second until it is stopped; one that takes longer than that delays the next. */
export class ReadingSeries {
  readonly readings: Reading[] = [];
  readonly #target: ReadTarget;
  readonly #startedMs: number = performance.now();
  readonly #timer: NodeJS.Timeout;
  #underWay: Promise<void> | undefined;

  constructor(target: ReadTarget, onReading: (reading: Reading) => void) {
    this.#target = target;
    this.#timer = setInterval(() => {
      this.#underWay ??= this.#take(onReading).finally(() => {
        this.#underWay = undefined;
      });
    }, 1000);
  }

  async stop(): Promise<Reading[]> {
    clearInterval(this.#timer);
    await this.#underWay;
    return this.readings;
  }

  async #take(onReading: (reading: Reading) => void): Promise<void> {
    const reading = await takeReading(this.#target, (performance.now() - this.#startedMs) / 1000);
    this.readings.push(reading);
    onReading(reading);
  }
}

/** A line a reading, for a spreadsheet. */
export function readingsCsv(readings: readonly Reading[]): string {
  const lines = readings.map((reading) =>
    READING_FIELDS.map((field) => Math.round(reading[field] * 100) / 100).join(","),
  );
  return `${[READING_FIELDS.join(","), ...lines].join("\n")}\n`;
}
