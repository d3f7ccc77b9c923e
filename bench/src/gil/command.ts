import { join } from "node:path";
import { recordRun } from "../measure/machine.ts";
import { benchDir } from "../paths.ts";
import { folderName, writePlots, writeTable } from "../report/write.ts";
import { tokenizerName } from "./call-work.ts";
import { parseGilOptions } from "./options.ts";
import { gilPlots, renderGilTable } from "./report.ts";
import type { GilResults } from "./results.ts";
import { runGilSession } from "./session.ts";

/** `pnpm bench gil`: measures, writes the folder under bench/results and gives its path and the table. */
export async function runGilCommand(
  args: readonly string[],
  log: (line: string) => void,
): Promise<{ folder: string; table: string }> {
  const gil = parseGilOptions(args);
  const startedAt = new Date();
  const measurements = await runGilSession({ gil, log });
  const { python: _python, pythonFreeThreaded: _free, litellm: _litellm, ...published } = gil;
  const results: GilResults = {
    format: "gil-1",
    ...recordRun(startedAt, ["gil", ...args]),
    options: published,
    nodeTokenizer: tokenizerName,
    ...measurements,
  };
  const folder = join(benchDir, "results", gil.name || `gil-${folderName(startedAt)}`);
  const table = renderGilTable(results);
  writeTable(folder, results, table);
  await writePlots(folder, gilPlots(results));
  return { folder, table };
}
