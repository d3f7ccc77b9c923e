import { join } from "node:path";
import { benchDir } from "../../paths.ts";
import type { ToolAdapter, ToolReport } from "./adapter.ts";

/** What `handleSummary` of the script prints as its last line. */
interface K6Json {
  sent: number;
  succeeded: number;
  errors: Record<string, number>;
  neverSent: number;
  rps: number;
  percentiles: [number, number][];
}

function parse(stdout: string): ToolReport {
  const line = stdout.split("\n").find((candidate) => candidate.startsWith("JSON "));
  if (line === undefined) throw new Error("k6 printed no result");
  const json = JSON.parse(line.slice(5)) as K6Json;
  return {
    sent: json.sent,
    succeeded: json.succeeded,
    errors: json.errors,
    neverSent: json.neverSent,
    achievedRps: json.rps,
    percentiles: json.percentiles,
  };
}

/** k6: both kinds of load. It counts time-outs and failed connections as answers without a status. */
export const k6: ToolAdapter = {
  command: "k6",
  kinds: ["open", "closed"],
  build: (job) => {
    const { host, port, path, headers, body } = job.target;
    return {
      args: ["run", "--quiet", "--no-usage-report", join(benchDir, "k6", "gateway-overhead.js")],
      env: {
        URL: `http://${host}:${port}${path}`,
        HEADERS: JSON.stringify(headers),
        BODY: body,
        // k6 refuses less than a second.
        DURATION: `${Math.max(1000, Math.round(job.durationMs))}ms`,
        TIMEOUT: `${job.timeoutMs}ms`,
        ...(job.kind === "open" ? { RPS: String(job.rps) } : { VUS: String(job.users) }),
      },
    };
  },
  parse,
};
