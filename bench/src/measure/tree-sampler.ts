import type { MemoryUse } from "./proc-parse.ts";
import { readTreeMemory } from "./process-tree.ts";

const SAMPLE_EVERY_MS = 1000;

/** Memory of one process tree over time; the first reading is taken at once, then one a second. */
export class TreeSampler {
  readonly samples: MemoryUse[] = [];
  readonly #rootPid: number;
  readonly #timer: NodeJS.Timeout;

  constructor(rootPid: number) {
    this.#rootPid = rootPid;
    this.#take();
    this.#timer = setInterval(() => this.#take(), SAMPLE_EVERY_MS);
  }

  stop(): MemorySummary {
    clearInterval(this.#timer);
    this.#take();
    return summariseMemory(this.samples);
  }

  #take(): void {
    this.samples.push(readTreeMemory(this.#rootPid));
  }
}

/** One scenario's memory in megabytes (10^6 bytes). */
export interface MemorySummary {
  maxRssMb: number;
  meanRssMb: number;
  maxPssMb: number;
  /** One reading a second. */
  rssMb: number[];
}

function summariseMemory(samples: readonly MemoryUse[]): MemorySummary {
  const rssMb = samples.map((sample) => Math.round(sample.rssMb * 10) / 10);
  return {
    maxRssMb: Math.max(0, ...rssMb),
    meanRssMb: rssMb.reduce((sum, value) => sum + value, 0) / Math.max(1, rssMb.length),
    maxPssMb: Math.max(0, ...samples.map((sample) => sample.pssMb)),
    rssMb,
  };
}
