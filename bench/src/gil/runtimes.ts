import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { benchDir, entryModule } from "../paths.ts";
import type { GilOptions } from "./options.ts";
import type { RunnerPlan } from "./protocol.ts";

/** One way to run the same work in parallel. */
export interface Runtime {
  name: string;
  title: string;
  command: string;
  throughput: string[];
  tail: string[];
  mode: RunnerPlan["mode"];
}

export interface MissingRuntime {
  title: string;
  reason: string;
}

const PYTHON_DIR = join(benchDir, "gil", "python");

function nodeThreads(): Runtime {
  const entry = (name: string): string[] => {
    const module = entryModule(import.meta.url, name);
    return module.endsWith(".ts") ? ["--conditions=headrace-source", module] : [module];
  };
  return {
    name: "node-threads",
    title: "Node worker threads",
    command: process.execPath,
    throughput: entry("./node-throughput"),
    tail: entry("./node-tail"),
    mode: "threads",
  };
}

function python(command: string, name: string, label: { title: string; mode: Runtime["mode"] }): Runtime {
  // -B: no bytecode is left behind in the checkout.
  const script = (file: string): string[] => ["-B", join(PYTHON_DIR, file)];
  return { name, command, throughput: script("throughput.py"), tail: script("tail.py"), ...label };
}

/** Why this Python cannot take part; empty when it can. */
function pythonProblem(command: string): string {
  const probe = spawnSync(command, ["-c", "import tiktoken"], { encoding: "utf8" });
  if (probe.error !== undefined) return "not found";
  return probe.status === 0
    ? ""
    : "cannot import tiktoken: `python3 -m venv DIR && DIR/bin/pip install tiktoken`";
}

function isFreeThreaded(command: string): boolean {
  const probe = spawnSync(command, ["-c", "import sys; print(sys._is_gil_enabled())"], { encoding: "utf8" });
  return probe.stdout?.trim() === "False";
}

/** Every runtime that can take part, and those that cannot with the reason. */
export function findRuntimes(options: GilOptions): { found: Runtime[]; missing: MissingRuntime[] } {
  const found = [nodeThreads()];
  const missing: MissingRuntime[] = [];
  const command = options.python || "python3";
  const problem = pythonProblem(command);
  if (problem !== "") missing.push({ title: "Python threads and processes", reason: problem });
  else {
    found.push(python(command, "python-threads", { title: "Python threads", mode: "threads" }));
    found.push(python(command, "python-processes", { title: "Python processes", mode: "processes" }));
  }
  const title = "Python threads, free-threaded";
  const free = options.pythonFreeThreaded;
  if (free === "") missing.push({ title, reason: "give its place with --python-ft PATH" });
  else if (pythonProblem(free) !== "") missing.push({ title, reason: pythonProblem(free) });
  else if (!isFreeThreaded(free)) missing.push({ title, reason: "this Python has the GIL" });
  else found.push(python(free, "python-free-threaded", { title, mode: "threads" }));
  return { found, missing };
}
