import type { ToolAdapter, ToolReport } from "./adapter.ts";

interface VegetaJson {
  latencies: Record<string, number>;
  requests: number;
  throughput: number;
  success: number;
  status_codes: Record<string, number>;
}

const NS_PER_MS = 1e6;

function parse(stdout: string): ToolReport {
  const json = JSON.parse(stdout) as VegetaJson;
  const at = (name: string): number => (json.latencies[name] ?? 0) / NS_PER_MS;
  const errors = Object.entries(json.status_codes)
    .filter(([status]) => status !== "200")
    .map(([status, count]): [string, number] => [status === "0" ? "no_answer" : `status_${status}`, count]);
  return {
    sent: json.requests,
    succeeded: json.status_codes["200"] ?? 0,
    errors: Object.fromEntries(errors),
    achievedRps: json.throughput,
    percentiles: [
      [25, at("min")],
      [50, at("50th")],
      [90, at("90th")],
      [95, at("95th")],
      [99, at("99th")],
      [100, at("max")],
    ],
  };
}

/** vegeta: constant arrival only. Its latencies start at the send, and it gives no percentile above the 99th. */
export const vegeta: ToolAdapter = {
  command: "vegeta",
  kinds: ["open"],
  build: (job) => {
    const { host, port, path, headers, body } = job.target;
    const target = {
      method: "POST",
      url: `http://${host}:${port}${path}`,
      header: Object.fromEntries(
        Object.entries({ "content-type": "application/json", ...headers }).map(([name, value]) => [
          name,
          [value],
        ]),
      ),
      body: Buffer.from(body).toString("base64"),
    };
    const rate = job.kind === "open" ? job.rps : 0;
    const flags = `-format=json -lazy=false -rate=${rate}/1s -duration=${job.durationMs}ms -timeout=${job.timeoutMs}ms`;
    return {
      program: "sh",
      args: ["-c", `vegeta attack ${flags} -max-body=0 | vegeta report -type=json`],
      stdin: `${JSON.stringify(target)}\n`,
    };
  },
  parse,
};
