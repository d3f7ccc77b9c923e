import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { resultName, UsageError } from "../command-line.ts";

export interface GilOptions {
  /** Numbers of threads, processes or workers. */
  threads: number[];
  seconds: number;
  /** Rounds over all runtimes; figures are medians over them. */
  runs: number;
  smallBytes: number;
  bigBytes: number;
  smallPerSecond: number;
  /** Python with the GIL; found on PATH when empty. */
  python: string;
  /** A free-threaded Python; measured only when given. */
  pythonFreeThreaded: string;
  /** LiteLLM's command; found on PATH when empty. */
  litellm: string;
  /** Leave out the whole gateways. */
  cpuOnly: boolean;
  name: string;
}

export const GIL_USAGE: string = `Options of gil (defaults in brackets):
  --threads LIST        threads, processes or workers [1, 2, 4 … up to the cores]
  --seconds N           length of each measurement [1]
  --runs N              rounds over all runtimes, figures are medians [2]
  --small-bytes N       prompt of a small call [1024]
  --big-bytes N         prompt of a big call [131072]
  --small-rate N        small calls a second in the tail runs [100]
  --python PATH         a Python that can import tiktoken [python3]
  --python-ft PATH      a free-threaded Python that can import tiktoken
  --litellm PATH        LiteLLM's command [litellm]
  --cpu-only            leave out the whole gateways
  --name NAME           folder under bench/results [gil-date-time]`;

/** 1, 2, 4 … and the number of cores itself. */
export function defaultThreads(cores: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < cores; count *= 2) counts.push(count);
  return [...counts, cores];
}

function positive(text: string, flag: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new UsageError(`--${flag} wants a positive number, got "${text}"`);
  return value;
}

export function parseGilOptions(args: readonly string[]): GilOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      threads: { type: "string" },
      seconds: { type: "string", default: "1" },
      runs: { type: "string", default: "2" },
      "small-bytes": { type: "string", default: "1024" },
      "big-bytes": { type: "string", default: "131072" },
      "small-rate": { type: "string", default: "100" },
      python: { type: "string", default: "" },
      "python-ft": { type: "string", default: "" },
      litellm: { type: "string", default: "" },
      "cpu-only": { type: "boolean", default: false },
      name: { type: "string", default: "" },
    },
    strict: true,
  });
  return {
    threads:
      values.threads?.split(",").map((text) => positive(text, "threads")) ?? defaultThreads(cpus().length),
    seconds: positive(values.seconds, "seconds"),
    runs: positive(values.runs, "runs"),
    smallBytes: positive(values["small-bytes"], "small-bytes"),
    bigBytes: positive(values["big-bytes"], "big-bytes"),
    smallPerSecond: positive(values["small-rate"], "small-rate"),
    python: values.python,
    pythonFreeThreaded: values["python-ft"],
    litellm: values.litellm,
    cpuOnly: values["cpu-only"],
    name: resultName(values.name),
  };
}
