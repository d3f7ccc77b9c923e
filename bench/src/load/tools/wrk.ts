import { join } from "node:path";
import type { LoadJob } from "../job.ts";
import type { ToolAdapter, ToolReport } from "./adapter.ts";

const SCRIPT = "wrk-chat.lua";
/** wrk's own timeout option is in seconds; its percentiles come as microseconds. */
const MICROSECONDS_PER_MS = 1000;

function luaString(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** A script that posts the body and prints one JSON line, since wrk has no machine-readable output. */
function script(job: LoadJob): string {
  const headers = { "content-type": "application/json", ...job.target.headers };
  return [
    'wrk.method = "POST"',
    `wrk.body = ${luaString(job.target.body)}`,
    ...Object.entries(headers).map(
      ([name, value]) => `wrk.headers[${luaString(name)}] = ${luaString(value)}`,
    ),
    "function done(summary, latency)",
    "  local points = {}",
    "  for i = 1, 200 do",
    "    local p = i <= 190 and i * 0.5 or (i <= 199 and 95 + (i - 190) * 0.5 or 99.9)",
    '    points[#points + 1] = string.format("[%.2f,%d]", p, latency:percentile(p))',
    "  end",
    '  points[#points + 1] = string.format("[100,%d]", latency.max)',
    "  local e = summary.errors",
    '  io.write(string.format("\\nJSON {\\"requests\\":%d,\\"durationUs\\":%d,\\"connect\\":%d,\\"read\\":%d,\\"write\\":%d,\\"status\\":%d,\\"timeout\\":%d,\\"points\\":[%s]}\\n",',
    '    summary.requests, summary.duration, e.connect, e.read, e.write, e.status, e.timeout, table.concat(points, ",")))',
    "end",
  ].join("\n");
}

interface WrkJson {
  requests: number;
  durationUs: number;
  connect: number;
  read: number;
  write: number;
  status: number;
  timeout: number;
  points: [number, number][];
}

function parse(stdout: string): ToolReport {
  const line = stdout.split("\n").find((candidate) => candidate.startsWith("JSON "));
  if (line === undefined) throw new Error("wrk printed no result");
  const json = JSON.parse(line.slice(5)) as WrkJson;
  // wrk counts answers with an error status among the requests, and time-outs beside them.
  const counted: [string, number][] = [
    ["connect", json.connect],
    ["read", json.read],
    ["write", json.write],
    ["status", json.status],
    ["timeout", json.timeout],
  ];
  const succeeded = json.requests - json.status;
  return {
    sent: json.requests + json.timeout,
    succeeded,
    errors: Object.fromEntries(counted.filter(([, count]) => count > 0)),
    achievedRps: (succeeded * 1e6) / json.durationUs,
    percentiles: json.points.map(([percentile, us]) => [percentile, us / MICROSECONDS_PER_MS]),
  };
}

/** wrk: closed loop only, one thread. Streams are read to their end but their events are not counted. */
export const wrk: ToolAdapter = {
  command: "wrk",
  kinds: ["closed"],
  build: (job, workDir) => ({
    files: { [SCRIPT]: script(job) },
    args: [
      ...["-t", "1", "-c", String(job.kind === "closed" ? job.users : 64)],
      ...["-d", `${Math.max(1, Math.round(job.durationMs / 1000))}s`],
      ...["--timeout", `${Math.ceil(job.timeoutMs / 1000)}s`, "-s", join(workDir, SCRIPT)],
      `http://${job.target.host}:${job.target.port}${job.target.path}`,
    ],
  }),
  parse,
};
