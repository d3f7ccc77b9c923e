import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { withBed } from "../figures/bed.ts";
import { parseFigureOptions } from "../figures/options.ts";
import { recordMachine } from "../measure/machine.ts";
import { drawPng } from "../report/draw.ts";
import { short } from "../report/markdown.ts";
import { resultFolder, writeTable } from "../report/write.ts";
import { flameSvg } from "./flame-svg.ts";
import { parseProfileOptions } from "./options.ts";
import { type ProfileResults, profileResults, renderProfile } from "./report.ts";
import { profileGateway } from "./run.ts";

/** A profile that was taken, ready to be written. */
export interface TakenProfile {
  results: ProfileResults;
  table: string;
  svg: string;
}

/** Profiles the built gateway. `args` are the words of the command line. */
export async function takeProfile(
  args: readonly string[],
  log: (line: string) => void,
): Promise<TakenProfile> {
  const options = parseProfileOptions(args);
  const startedAt = new Date();
  // Mock, generator, prompt and connections are those of the CPU figures, so that both speak of the same request.
  const bedOptions = { ...parseFigureOptions([]), workDirPrefix: "headrace-profile-" };
  const run = await withBed(bedOptions, log, (bed) => profileGateway(bed, options));
  const machine = recordMachine(["profile", ...args]);
  const results = profileResults(run, { startedAt, machine, options });
  const toUs = results.mainThreadUs / run.cpu.total;
  const svg = flameSvg(run.cpu, {
    title: `${options.kind}: ${short(results.mainThreadUs)} µs of the main thread a request`,
    amount: (weight) => `${short(weight * toUs)} µs`,
  });
  return { results, table: renderProfile(results), svg };
}

/** `bench profile`: measures, and writes graph, tables and figures to a folder of their own. */
export async function runProfileCommand(
  args: readonly string[],
  log: (line: string) => void,
): Promise<{ folder: string; table: string }> {
  const { results, table, svg } = await takeProfile(args, log);
  const { name, kind } = results.options;
  const folder = resultFolder(name, `profile-${kind}`, results.startedAt);
  writeTable(folder, results, table);
  writeFileSync(join(folder, "flame.svg"), svg);
  writeFileSync(join(folder, "flame.png"), drawPng(svg));
  return { folder, table };
}
