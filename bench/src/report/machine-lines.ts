import type { MachineRecord } from "../measure/machine.ts";

/** What was run where, as the first lines of a report; more may follow on the last one. */
export function machineLines({
  commandLine,
  cpuModel,
  cores,
  memoryMb,
  kernel,
  node,
  commit,
  dirty,
}: MachineRecord): string {
  return [
    `- command: \`${commandLine}\``,
    `- machine: ${cpuModel}, ${cores} cores, ${memoryMb} MB, ${kernel}, Node ${node}`,
    `- commit: ${commit.slice(0, 12)}${dirty ? " with uncommitted changes" : ""}`,
  ].join("\n");
}
