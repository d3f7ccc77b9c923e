import { recordRun } from "../measure/machine.ts";
import { resultFolder, writeTable } from "../report/write.ts";
import { type Bed, withBed } from "./bed.ts";
import { measureBigPrompt } from "./big-prompt.ts";
import { measureCpu } from "./cpu.ts";
import type { SectionResult } from "./figure.ts";
import { measureIdleClients } from "./idle-clients.ts";
import { measureMemory } from "./memory.ts";
import { type FigureOptions, parseFigureOptions, type SectionName } from "./options.ts";
import { type FiguresResults, renderFigures } from "./report.ts";
import { measureAgents } from "./routing/agents.ts";
import { measureRouting } from "./routing/routing.ts";
import { measureStartUp } from "./start-up.ts";
import { measureTranslation } from "./translation.ts";

const MEASURES: Record<SectionName, (bed: Bed) => Promise<SectionResult>> = {
  cpu: measureCpu,
  translation: measureTranslation,
  "idle-clients": measureIdleClients,
  memory: measureMemory,
  "start-up": measureStartUp,
  "big-prompt": measureBigPrompt,
  routing: measureRouting,
  agents: measureAgents,
};

/** Measures the sections that are asked for. `args` are the words of the command line, for the record. */
export async function measureFigures(
  options: FigureOptions,
  { args, log }: { args: readonly string[]; log: (line: string) => void },
): Promise<FiguresResults> {
  const startedAt = new Date();
  const sections: SectionResult[] = [];
  const pinning = await withBed(options, log, async (bed) => {
    for (const name of options.only) sections.push(await MEASURES[name](bed));
    return bed.pinning.description;
  });
  return {
    format: 1,
    kind: "figures",
    ...recordRun(startedAt, ["figures", ...args]),
    pinning,
    options,
    sections,
  };
}

/** `bench figures`: measures and writes table and readings to a folder of their own. */
export async function runFiguresCommand(
  args: readonly string[],
  log: (line: string) => void,
): Promise<{ folder: string; table: string }> {
  const options = parseFigureOptions(args);
  const results = await measureFigures(options, { args, log });
  const folder = resultFolder(options.name, "figures", results.startedAt);
  const table = renderFigures(results);
  writeTable(folder, results, table);
  return { folder, table };
}
