import type { ToolAdapter, ToolReport } from "./adapter.ts";

interface OhaJson {
  summary: { total: number; slowest: number | null };
  latencyPercentiles: Record<string, number | null>;
  statusCodeDistribution: Record<string, number>;
  errorDistribution: Record<string, number>;
}

const MS_PER_SECOND = 1000;
/** Connections offered to an open loop: enough for a second of waiting at the sweep's highest rate. */
const OPEN_LOOP_CONNECTIONS = 2000;
/** oha cancels what is in flight at its deadline; that is no failure of the server. */
const DEADLINE_ERROR = "aborted due to deadline";

function parse(stdout: string): ToolReport {
  const json = JSON.parse(stdout) as OhaJson;
  const succeeded = json.statusCodeDistribution["200"] ?? 0;
  const statuses = Object.entries(json.statusCodeDistribution)
    .filter(([status]) => status !== "200")
    .map(([status, count]): [string, number] => [`status_${status}`, count]);
  const failures = Object.entries(json.errorDistribution).filter(([kind]) => kind !== DEADLINE_ERROR);
  const errors = Object.fromEntries([...statuses, ...failures]);
  const percentiles = Object.entries(json.latencyPercentiles)
    .map(([name, seconds]): [number, number] => [Number(name.slice(1)), (seconds ?? 0) * MS_PER_SECOND])
    .sort(([a], [b]) => a - b);
  return {
    sent: succeeded + Object.values(errors).reduce((sum, count) => sum + count, 0),
    succeeded,
    errors,
    achievedRps: succeeded / json.summary.total,
    percentiles: [...percentiles, [100, (json.summary.slowest ?? 0) * MS_PER_SECOND]],
  };
}

/** oha: both kinds of load, its own correction for coordinated omission on. */
export const oha: ToolAdapter = {
  command: "oha",
  kinds: ["open", "closed"],
  build: (job) => {
    const { host, port, path, headers, body } = job.target;
    const load =
      job.kind === "open"
        ? ["-q", String(job.rps), "--latency-correction", "-c", String(OPEN_LOOP_CONNECTIONS)]
        : ["-c", String(job.users)];
    return {
      args: [
        ...["--no-tui", "--output-format", "json", "--disable-compression", "-m", "POST"],
        ...["-T", "application/json", "-d", body, "-z", `${Math.round(job.durationMs)}ms`],
        ...["-t", `${job.timeoutMs}ms`, ...load],
        ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
        `http://${host}:${port}${path}`,
      ],
    };
  },
  parse,
};
