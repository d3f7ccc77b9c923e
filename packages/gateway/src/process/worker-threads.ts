import { availableParallelism } from "node:os";
import type { WorkersConfig } from "@headrace/core/config/types";

/**
 * Worker threads of one gateway process. Left to themselves, the processes of a fleet share the cores that their main
 * threads leave free, and each has one worker at least.
 */
export function workerThreads(
  { threads }: Pick<WorkersConfig, "threads">,
  fleetSize: number,
  cores: number = availableParallelism(),
): number {
  if (threads !== "auto") return threads;
  return Math.max(1, Math.floor((cores - fleetSize) / fleetSize));
}
