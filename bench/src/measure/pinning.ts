import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Which CPUs each part runs on, as `taskset -c` lists; undefined where nothing is pinned. */
export interface Pinning {
  gateway: string | undefined;
  mock: string | undefined;
  generator: string | undefined;
  /** For the results: what was done, or why nothing was. */
  description: string;
}

const NOT_PINNED = { gateway: undefined, mock: undefined, generator: undefined };

/** One core for the gateway under test, the rest for what measures it. */
export function choosePinning(cores: number, tasksetThere: boolean): Pinning {
  if (!tasksetThere) return { ...NOT_PINNED, description: "not pinned: taskset is not installed" };
  if (cores < 2) return { ...NOT_PINNED, description: "not pinned: one core only" };
  if (cores === 2) {
    return {
      gateway: "0",
      mock: "1",
      generator: "1",
      description: "gateway on core 0; load generator and mock together on core 1",
    };
  }
  return {
    gateway: "0",
    mock: "1",
    generator: "2",
    description: "gateway on core 0, mock on core 1, load generator on core 2",
  };
}

export function detectPinning(): Pinning {
  const tasksetThere = spawnSync("taskset", ["--version"], { stdio: "ignore" }).status === 0;
  return choosePinning(availableParallelism(), tasksetThere);
}

/** Moves this process, which only samples and writes, off the gateway's core. */
export function pinSelf(cpus: string | undefined): void {
  if (cpus === undefined) return;
  spawnSync("taskset", ["-a", "-c", "-p", cpus, String(process.pid)], { stdio: "ignore" });
}
