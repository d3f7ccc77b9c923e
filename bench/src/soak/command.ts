import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { recordRun } from "../measure/machine.ts";
import { resultFolder, writePlots, writeTable } from "../report/write.ts";
import { parseSoakOptions, type SoakOptions } from "./options.ts";
import { readingsCsv } from "./readings.ts";
import { renderSoak, type SoakResults, soakPlot, verdictOf } from "./report.ts";
import { runSoak, type SoakRun } from "./run.ts";

/** A run with what a reader needs to judge it. */
export function soakResults(
  { readings: _readings, ...run }: SoakRun,
  record: { startedAt: Date; args: readonly string[]; options: SoakOptions; verdict: SoakResults["verdict"] },
): SoakResults {
  const { startedAt, args, options, verdict } = record;
  return {
    format: 1,
    kind: "soak",
    ...recordRun(startedAt, ["soak", ...args]),
    options,
    verdict,
    ...run,
  };
}

/** `bench soak`: `flat` is false when memory grew too fast or a call failed. */
export async function runSoakCommand(
  args: readonly string[],
  log: (line: string) => void,
): Promise<{ folder: string; table: string; flat: boolean }> {
  const options = parseSoakOptions(args);
  const startedAt = new Date();
  const run = await runSoak(options, log);
  const verdict = verdictOf(run);
  const results = soakResults(run, { startedAt, args, options, verdict });
  const folder = resultFolder(options.name, "soak", results.startedAt);
  const table = renderSoak(results);
  writeTable(folder, results, table);
  writeFileSync(join(folder, "readings.csv"), readingsCsv(run.readings));
  await writePlots(folder, [soakPlot(results, run.readings)]);
  return { folder, table, flat: verdict === "flat" };
}
