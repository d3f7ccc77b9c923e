import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { benchDir } from "../paths.ts";
import { drawPng, drawSvg } from "./draw.ts";
import type { Plot } from "./plot-specs.ts";
import { plotsOf } from "./plot-specs.ts";
import type { BenchResults } from "./results.ts";
import { renderTable } from "./table.ts";

/** `2026-05-09-153000`, in UTC. */
export function folderName(startedAt: Date): string {
  return startedAt.toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "");
}

/** Writes the SVG and PNG of each plot. */
export async function writePlots(folder: string, plots: readonly Plot[]): Promise<void> {
  for (const { name, spec } of plots) {
    const svg = await drawSvg(spec);
    writeFileSync(join(folder, `${name}.svg`), svg);
    writeFileSync(join(folder, `${name}.png`), drawPng(svg));
  }
}

/** Where a result goes: to the folder under bench/results that is named, or to one of its time and kind. */
export function resultFolder(name: string, kind: string, startedAt: string): string {
  return join(benchDir, "results", name || `${folderName(new Date(startedAt))}-${kind}`);
}

/** Writes results.json and table.md. */
export function writeTable(folder: string, results: object, table: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "results.json"), `${JSON.stringify(results, null, 1)}\n`);
  writeFileSync(join(folder, "table.md"), table);
}

/** Writes results.json, table.md and the plots. */
export async function writeResults(folder: string, results: BenchResults): Promise<void> {
  writeTable(folder, results, renderTable(results));
  await writePlots(folder, plotsOf(results));
}
