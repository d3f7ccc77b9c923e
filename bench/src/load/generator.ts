import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { entryModule } from "../paths.ts";
import type { GeneratorReply } from "./generator-process.ts";
import type { LoadJob, LoadResult } from "./job.ts";

/** Anything that can put a load on a target: the embedded generator or an installed tool. */
export interface LoadGenerator {
  /** Whether it can run this kind of job at all; wrk, for one, has no constant arrival rate. */
  supports(kind: LoadJob["kind"]): boolean;
  run(job: LoadJob): Promise<LoadResult>;
  close(): Promise<void>;
}

export interface EmbeddedGenerator extends LoadGenerator {
  pid: number;
}

// A roomy young generation: a scavenge of the generator would show up as latency of whatever it measures.
const EXEC_ARGV = ["--max-semi-space-size=32"];

/** Starts the embedded generator in a process of its own, on the given CPUs (a taskset list) if any. */
export async function startGenerator(cpus?: string): Promise<EmbeddedGenerator> {
  const child = forkPinned(entryModule(import.meta.url, "./generator-process"), cpus);
  await once(child, "spawn");
  return {
    pid: child.pid ?? 0,
    supports: () => true,
    run: (job) => runIn(child, job),
    async close(): Promise<void> {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.disconnect();
      await exited;
    },
  };
}

function forkPinned(module: string, cpus: string | undefined): ChildProcess {
  const conditions = module.endsWith(".ts") ? ["--conditions=headrace-source"] : [];
  if (cpus === undefined) {
    return fork(module, [], { execArgv: [...EXEC_ARGV, ...conditions], serialization: "advanced" });
  }
  return fork(module, [], {
    execPath: "taskset",
    execArgv: ["-c", cpus, process.execPath, ...EXEC_ARGV, ...conditions],
    serialization: "advanced",
  });
}

function runIn(child: ChildProcess, job: LoadJob): Promise<LoadResult> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error("load generator died"));
    child.once("exit", onExit);
    child.once("message", (message: GeneratorReply) => {
      child.off("exit", onExit);
      if (message.ok) resolve(message.result);
      else reject(new Error(message.message));
    });
    child.send(job);
  });
}
