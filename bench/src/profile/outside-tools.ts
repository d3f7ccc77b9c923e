/** What `perf` and `strace` tell of a process from outside, when they are installed. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { processTree } from "../measure/process-tree.ts";

/** Where a thread's CPU time goes, by samples. */
export interface NativeSplit {
  part: string;
  samples: number;
}

/** Calls of a system call, counted by `strace`. */
export interface SyscallCount {
  name: string;
  calls: number;
}

/** Flags of Node with which `perf` can name compiled and interpreted functions. */
export const PERF_NODE_FLAGS: readonly string[] = ["--perf-basic-prof", "--interpreted-frames-native-stack"];

const PERF_HZ = 1999;
const ATTACH_MS = 300;
const MOST_SCRIPT_BYTES = 1 << 30;

/** True when the tool is installed and may look at processes of this user. */
export function canRun(tool: "perf" | "strace"): boolean {
  const args = tool === "perf" ? ["--version"] : ["-V"];
  return spawnSync(tool, args, { stdio: "ignore" }).status === 0;
}

/** Runs `use` while a tool that ends by SIGINT watches. */
async function watched(command: string, args: readonly string[], use: () => Promise<void>): Promise<void> {
  const tool = spawn(command, args, { stdio: "ignore" });
  const exited = once(tool, "exit");
  try {
    await sleep(ATTACH_MS);
    await use();
  } finally {
    tool.kill("SIGINT");
    await exited;
  }
}

/** Samples the main thread of a process that was started with {@link PERF_NODE_FLAGS}; empty when perf may not. */
export async function perfSplit(
  pid: number,
  workDir: string,
  load: () => Promise<void>,
): Promise<NativeSplit[]> {
  const data = join(workDir, "perf.data");
  const record = [
    "record",
    "-q",
    "-e",
    "cpu-clock",
    "-F",
    String(PERF_HZ),
    "-g",
    "-t",
    String(pid),
    "-o",
    data,
  ];
  await watched("perf", record, load);
  const script = spawnSync("perf", ["script", "-i", data, "-F", "ip,sym,dso"], {
    encoding: "utf8",
    maxBuffer: MOST_SCRIPT_BYTES,
  });
  rmSync(data, { force: true });
  return splitOfScript(script.stdout ?? "");
}

/** V8 writes the names of compiled functions where perf looks for them; nobody else removes the file. */
export function removePerfMap(pid: number): void {
  rmSync(`/tmp/perf-${pid}.map`, { force: true });
}

/** Counts samples by the part that their innermost frame belongs to. `text` is the output of `perf script`. */
export function splitOfScript(text: string): NativeSplit[] {
  const counts = new Map<string, number>();
  for (const block of text.split(/\n\s*\n/)) {
    const frames = block.split("\n").flatMap((line) => {
      const match = /^\s*[0-9a-f]+ (.*) \((.*)\)$/.exec(line);
      return match === null ? [] : [{ symbol: match[1] ?? "", object: match[2] ?? "" }];
    });
    if (frames.length === 0) continue;
    const part = partOf(frames);
    counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  return [...counts]
    .map(([part, samples]) => ({ part, samples }))
    .sort((a, b) => b.samples - a.samples || (a.part < b.part ? -1 : 1));
}

const SYSCALL = /^__(?:x64|arm64|se)_sys_(\w+)$/;

function partOf(frames: readonly { symbol: string; object: string }[]): string {
  const [leaf] = frames;
  if (leaf === undefined) return "unknown";
  if (leaf.object.startsWith("[kernel") || leaf.object.startsWith("[guest.kernel")) {
    const syscall = frames.map(({ symbol }) => SYSCALL.exec(symbol)?.[1]).find((name) => name !== undefined);
    return `kernel: ${syscall ?? "interrupts, faults and the rest"}`;
  }
  if (
    frames.some(({ symbol }) =>
      /^v8::internal::(?:Heap::CollectGarbage|Scaveng|MarkCompact|Sweeper)/.test(symbol),
    )
  ) {
    return "V8: collection of garbage";
  }
  if (leaf.symbol.startsWith("JS:") || /\[JIT\]|perf-\d+\.map/.test(leaf.object))
    return "compiled JavaScript";
  if (leaf.symbol.startsWith("Builtins_")) return "V8: built-ins";
  if (/uws.*\.node$/i.test(leaf.object)) return "uWebSockets.js";
  if (/\/node$/.test(leaf.object)) {
    return /^(?:non-virtual thunk to )?(?:v8|cppgc)::/.test(leaf.symbol)
      ? "V8: its API and runtime"
      : "Node's native code, libuv, llhttp";
  }
  if (/\/lib(?:c|m|stdc\+\+|gcc_s|pthread)[.-]/.test(leaf.object)) return "C library";
  return leaf.object === "[vdso]" ? "clock" : "unknown";
}

/** Counts the system calls of all threads of a process tree under load. */
export async function countSyscalls(
  pid: number,
  workDir: string,
  load: () => Promise<void>,
): Promise<SyscallCount[]> {
  const file = join(workDir, "strace.txt");
  const pids = processTree(pid).flatMap((id) => ["-p", String(id)]);
  await watched("strace", ["-c", "-f", "-q", "-o", file, ...pids], load);
  const text = readFileSync(file, "utf8");
  rmSync(file, { force: true });
  return parseStrace(text);
}

/** The table of `strace -c`, most calls first. */
export function parseStrace(text: string): SyscallCount[] {
  return text
    .split("\n")
    .flatMap((line) => {
      const match = /^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s+(?:\d+\s+)?([a-z]\w*)$/.exec(line);
      return match === null || match[2] === "total"
        ? []
        : [{ name: match[2] ?? "", calls: Number(match[1]) }];
    })
    .sort((a, b) => b.calls - a.calls || (a.name < b.name ? -1 : 1));
}
