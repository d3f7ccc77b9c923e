import { parseArgs } from "node:util";
import { oneOf, resultName, UsageError } from "../command-line.ts";

export type ScenarioName = "cold" | "sweep" | "streams" | "users" | "saturation";
const SCENARIOS: readonly ScenarioName[] = ["cold", "sweep", "streams", "users", "saturation"];

/** External load tools by name; the embedded generator needs no install. */
export type ToolName = "embedded" | "wrk" | "k6" | "vegeta" | "oha";
export const TOOLS: readonly ToolName[] = ["embedded", "wrk", "k6", "vegeta", "oha"];

export interface BenchOptions {
  scenarios: ScenarioName[];
  /** Arrival rates of the sweep. */
  rps: number[];
  /** Virtual users of the closed loop. */
  users: number[];
  /** Load time per contestant, run and point. */
  durationMs: number;
  runs: number;
  promptBytes: number;
  /** The sweep and the virtual users ask for streams. */
  stream: boolean;
  chunks: number;
  /** The mock's delay in the sweep. */
  latencyMs: number;
  /** The mock's delay for the virtual users. */
  usersLatencyMs: number;
  /** Streams begun a second in the scenario of paced streams, and the pace of each. */
  streamRps: number;
  eventsPerSecond: number;
  saturationConnections: number;
  timeoutMs: number;
  tool: ToolName;
  /** Folder name under bench/results; the date and time when empty. */
  name: string;
  /** Contestants besides `direct`. */
  only: string[];
  /** Places of peers by name. */
  peerPaths: Record<string, string>;
}

const SHORT = { durationSeconds: "4", runs: "2" };
const FULL = { durationSeconds: "60", runs: "5" };

const OPTIONS = {
  rps: { type: "string", default: "100,200,500,1000,2000" },
  users: { type: "string", default: "50,150,300,500,1000" },
  duration: { type: "string" },
  runs: { type: "string" },
  "prompt-bytes": { type: "string", default: "128" },
  stream: { type: "boolean", default: false },
  chunks: { type: "string", default: "100" },
  "latency-ms": { type: "string", default: "50" },
  "users-latency-ms": { type: "string", default: "60" },
  "stream-rps": { type: "string", default: "50" },
  "events-per-second": { type: "string", default: "500" },
  connections: { type: "string", default: "64" },
  "timeout-ms": { type: "string", default: "10000" },
  scenarios: { type: "string", default: SCENARIOS.join(",") },
  full: { type: "boolean", default: false },
  tool: { type: "string", default: "embedded" },
  name: { type: "string", default: "" },
  only: { type: "string" },
} as const;

export const SWEEP_USAGE: string = `Options of a run (defaults in brackets):
  --scenarios LIST      any of ${SCENARIOS.join(",")} [all]
  --rps LIST            arrival rates of the sweep [${OPTIONS.rps.default}]
  --users LIST          virtual users of the closed loop [${OPTIONS.users.default}]
  --duration SECONDS    load per contestant, run and point [${SHORT.durationSeconds}]
  --runs N              runs; figures are medians over them [${SHORT.runs}]
  --full                ${FULL.durationSeconds} s and ${FULL.runs} runs
  --prompt-bytes N      length of the user message [${OPTIONS["prompt-bytes"].default}]
  --stream              ask for streams in sweep and users
  --chunks N            events of a stream [${OPTIONS.chunks.default}]
  --latency-ms N        the mock's delay in cold and sweep [${OPTIONS["latency-ms"].default}]
  --users-latency-ms N  the mock's delay for the users [${OPTIONS["users-latency-ms"].default}]
  --stream-rps N        paced streams begun a second [${OPTIONS["stream-rps"].default}]
  --events-per-second N pace of one stream [${OPTIONS["events-per-second"].default}]
  --connections N       connections at saturation [${OPTIONS.connections.default}]
  --timeout-ms N        when a request counts as lost [${OPTIONS["timeout-ms"].default}]
  --tool NAME           ${TOOLS.join(", ")} [${OPTIONS.tool.default}]
  --name NAME           folder under bench/results [date-time]
  --only LIST           peers to run (command "peers") [every one that is found]
  --<peer> PATH         where a peer's program is`;

function numbers(text: string, flag: string): number[] {
  const values = text.split(",").map(Number);
  if (values.some((value) => !Number.isFinite(value) || value <= 0)) {
    throw new UsageError(`--${flag} wants positive numbers separated by commas, got "${text}"`);
  }
  return values;
}

function count(text: string, flag: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0 || text === "") {
    throw new UsageError(`--${flag} wants a number, got "${text}"`);
  }
  return value;
}

/** Reads the flags of a run. `peers` are the names that may be given as `--<peer> PATH`. */
export function parseBenchOptions(args: readonly string[], peers: readonly string[]): BenchOptions {
  const peerFlags = Object.fromEntries(peers.map((name) => [name, { type: "string" } as const]));
  const { values } = parseArgs({ args: [...args], options: { ...peerFlags, ...OPTIONS }, strict: true });
  const mode = values.full ? FULL : SHORT;
  const given = values as Record<string, unknown>;
  const peerPaths: Record<string, string> = {};
  for (const name of peers) {
    const path = given[name];
    if (typeof path === "string") peerPaths[name] = path;
  }
  return {
    scenarios: values.scenarios.split(",").map((name) => oneOf(name, SCENARIOS, "scenarios")),
    rps: numbers(values.rps, "rps"),
    users: numbers(values.users, "users"),
    durationMs: count(values.duration ?? mode.durationSeconds, "duration") * 1000,
    runs: count(values.runs ?? mode.runs, "runs"),
    promptBytes: count(values["prompt-bytes"], "prompt-bytes"),
    stream: values.stream,
    chunks: count(values.chunks, "chunks"),
    latencyMs: count(values["latency-ms"], "latency-ms"),
    usersLatencyMs: count(values["users-latency-ms"], "users-latency-ms"),
    streamRps: count(values["stream-rps"], "stream-rps"),
    eventsPerSecond: count(values["events-per-second"], "events-per-second"),
    saturationConnections: count(values.connections, "connections"),
    timeoutMs: count(values["timeout-ms"], "timeout-ms"),
    tool: oneOf(values.tool, TOOLS, "tool"),
    name: resultName(values.name),
    only: values.only?.split(",") ?? [],
    peerPaths,
  };
}
