import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { MicroBench } from "@headrace/core/testing/micro-bench";

const BENCH_FILES = "packages/*/src/**/*.bench.ts";

/** A bench of a checkout. */
export interface FoundBench {
  /** `core/sse/parser: 100 chunks at once`: where what is measured stands, and the bench's name there. */
  readonly id: string;
  /** Below the checkout's root. */
  readonly file: string;
  readonly bench: MicroBench;
}

/** Paths below `root`, in order. */
export function benchFiles(root: string): string[] {
  return globSync(BENCH_FILES, { cwd: root }).sort();
}

/**
 * The benches of one file, in the order in which it lists them.
 *
 * @throws Error when it cannot be loaded, or has no benches
 */
export async function benchesOf(root: string, file: string): Promise<FoundBench[]> {
  const loaded: unknown = await import(pathToFileURL(join(root, file)).href);
  const benches: unknown = typeof loaded === "object" && loaded !== null && Reflect.get(loaded, "benches");
  if (!Array.isArray(benches) || !benches.every(isMicroBench)) {
    throw new Error(`${file} has no export "benches" with micro benches`);
  }
  const area = file
    .replace(/^packages\//, "")
    .replace("/src/", "/")
    .replace(/\.bench\.ts$/, "");
  return benches.map((bench) => ({ id: `${area}: ${bench.name}`, file, bench }));
}

function isMicroBench(value: unknown): value is MicroBench {
  return typeof value === "object" && value !== null && "name" in value && "prepare" in value;
}
