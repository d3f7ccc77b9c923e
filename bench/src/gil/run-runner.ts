import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import type { MemoryUse } from "../measure/proc-parse.ts";
import { readTreeMemory } from "../measure/process-tree.ts";
import type { RunnerMessage, RunnerPlan } from "./protocol.ts";

/** A message of a runner with the memory of its process tree when it came. */
export interface Reported {
  message: RunnerMessage;
  memory: MemoryUse;
}

/** Runs one runner process to its end and gives what it reported. */
export async function runRunner(
  command: string,
  args: readonly string[],
  plan: RunnerPlan,
): Promise<Reported[]> {
  const child = spawn(command, [...args, JSON.stringify(plan)], { stdio: ["pipe", "pipe", "pipe"] });
  const stderr = text(child.stderr);
  const closed = once(child, "close");
  // A runner that ends early closes its stdin: the exit code below says so better than an EPIPE here.
  child.stdin.on("error", () => {});
  const reported: Reported[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const message: RunnerMessage = JSON.parse(line);
    reported.push({ message, memory: readTreeMemory(child.pid ?? 0) });
    child.stdin.write("\n");
  }
  await closed;
  if (child.exitCode !== 0)
    throw new Error(`${command} failed (${child.exitCode}): ${(await stderr).slice(-1000)}`);
  return reported;
}
