import { join } from "node:path";
import { CAPACITY_USAGE, runCapacityCommand } from "./capacity/command.ts";
import { UsageError } from "./command-line.ts";
import { runFiguresCommand } from "./figures/command.ts";
import { FIGURES_USAGE } from "./figures/options.ts";
import { runGilCommand } from "./gil/command.ts";
import { GIL_USAGE } from "./gil/options.ts";
import { recordRun } from "./measure/machine.ts";
import { runMicroCommand } from "./micro/command.ts";
import { MICRO_USAGE } from "./micro/options.ts";
import { benchDir, repoDir } from "./paths.ts";
import { peerNames } from "./peers/record.ts";
import { runProfileCommand } from "./profile/command.ts";
import { PROFILE_USAGE } from "./profile/options.ts";
import { renderComparison } from "./report/compare.ts";
import { type BenchResults, readResults } from "./report/results.ts";
import { renderTable } from "./report/table.ts";
import { folderName, writeResults } from "./report/write.ts";
import { runScalingCommand } from "./scaling/command.ts";
import { SCALING_USAGE } from "./scaling/options.ts";
import { parseBenchOptions, SWEEP_USAGE } from "./scenarios/options.ts";
import { runSession } from "./scenarios/session.ts";
import { runShapesCommand } from "./shapes/command.ts";
import { SHAPES_USAGE } from "./shapes/options.ts";
import { runSoakCommand } from "./soak/command.ts";
import { SOAK_USAGE } from "./soak/options.ts";

const USAGE = `pnpm bench [options]            Headrace against the mock called directly
pnpm bench peers [options]      the same with every peer that is installed
pnpm bench gil [options]        worker threads against Python's threads and processes
pnpm bench figures [options]    the figures of the main job, each beside its limit
pnpm bench shapes [options]     heap and allocator settings of the process against each other
pnpm bench scaling [options]    processes and workers, and what one of each thing costs
pnpm bench capacity [options]   what a machine carries, by the result of scaling
pnpm bench soak [options]       does memory grow under constant load
pnpm bench micro [options]      the hot functions, each by itself, or against another revision
pnpm bench profile [options]    where a request spends its time, and what it allocates
pnpm bench compare A B          what changed beyond noise between two result folders

${SWEEP_USAGE}

${GIL_USAGE}

${FIGURES_USAGE}

${SHAPES_USAGE}

${SCALING_USAGE}

${CAPACITY_USAGE}

${SOAK_USAGE}

${MICRO_USAGE}

${PROFILE_USAGE}
`;

const HEADRACE = "headrace";

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

function relativeToRepo(folder: string): string {
  return folder.startsWith(repoDir) ? folder.slice(repoDir.length) : folder;
}

async function bench(args: string[], allPeers: boolean): Promise<void> {
  const peers = peerNames().filter((name) => name !== HEADRACE);
  const options = parseBenchOptions(args, peers);
  const unknown = options.only.filter((name) => !peers.includes(name) && name !== HEADRACE);
  if (unknown.length > 0) throw new UsageError(`--only: no peer called ${unknown.join(", ")}`);
  const wanted = options.only.length > 0 ? options.only.filter((name) => name !== HEADRACE) : peers;
  const startedAt = new Date();
  const session = await runSession({
    bench: options,
    peers: allPeers ? [HEADRACE, ...wanted] : [HEADRACE],
    log,
  });
  const { peerPaths: _paths, ...published } = options;
  const results: BenchResults = {
    format: 1,
    ...recordRun(startedAt, [...(allPeers ? ["peers"] : []), ...args]),
    options: published,
    ...session,
  };
  const folder = join(benchDir, "results", options.name || folderName(startedAt));
  await writeResults(folder, results);
  process.stdout.write(renderTable(results));
  log(`written to ${relativeToRepo(folder)}`);
  if (session.missing.some(({ name }) => name === HEADRACE)) process.exitCode = 1;
}

function capacity(args: string[]): void {
  const { folder, table } = runCapacityCommand(args);
  process.stdout.write(table);
  log(`by ${relativeToRepo(folder)}`);
}

async function soak(args: string[]): Promise<void> {
  const { folder, table, flat } = await runSoakCommand(args, log);
  process.stdout.write(table);
  log(`written to ${relativeToRepo(folder)}`);
  if (!flat) process.exitCode = 1;
}

async function micro(args: string[]): Promise<void> {
  const { folder, table, complaints } = await runMicroCommand(args, log);
  process.stdout.write(table);
  if (folder !== null) log(`written to ${relativeToRepo(folder)}`);
  for (const complaint of complaints) log(`worse than it may be: ${complaint}`);
  if (complaints.length > 0) process.exitCode = 1;
}

function compare(args: string[]): void {
  const [before, after, ...rest] = args;
  if (before === undefined || after === undefined || rest.length > 0) {
    throw new UsageError("compare wants two result folders");
  }
  process.stdout.write(renderComparison(readResults(before), readResults(after)));
}

/** A command that only measures, and writes what it has found. */
function measuring(
  run: (args: string[], log: (line: string) => void) => Promise<{ folder: string; table: string }>,
): (args: string[]) => Promise<void> {
  return async (args) => {
    const { folder, table } = await run(args, log);
    process.stdout.write(table);
    log(`written to ${relativeToRepo(folder)}`);
  };
}

const COMMANDS: ReadonlyMap<string, (args: string[]) => void | Promise<void>> = new Map([
  ["peers", (args) => bench(args, true)],
  ["gil", measuring(runGilCommand)],
  ["figures", measuring(runFiguresCommand)],
  ["shapes", measuring(runShapesCommand)],
  ["scaling", measuring(runScalingCommand)],
  ["capacity", capacity],
  ["soak", soak],
  ["micro", micro],
  ["profile", measuring(runProfileCommand)],
  ["compare", compare],
]);

async function main(argv: string[]): Promise<void> {
  const args = argv[0] === "--" ? argv.slice(1) : argv;
  const [name = "", ...rest] = args;
  const command = COMMANDS.get(name);
  if (args.includes("--help") || args.includes("-h")) process.stdout.write(USAGE);
  else if (command === undefined) await bench(args, false);
  else await command(rest);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  const usage = error instanceof UsageError || (error instanceof TypeError && "code" in error);
  process.stderr.write(usage ? `${error.message}\n\n${USAGE}` : `${String(error)}\n`);
  process.exitCode = usage ? 2 : 1;
}
