import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { LoadGenerator } from "../generator.ts";
import { createHistogram, encodeHistogram, type LatencyHistogram, summarise } from "../histogram.ts";
import { type LoadJob, type LoadResult, MIN_SENT_RATIO } from "../job.ts";
import type { ToolAdapter, ToolReport } from "./adapter.ts";
import type { ToolSetting } from "./create.ts";

/** A generator that starts an installed tool for each job. */
export function startExternalTool(
  adapter: ToolAdapter,
  setting: Omit<ToolSetting, "embedded">,
): LoadGenerator {
  if (spawnSync("which", [adapter.command], { stdio: "ignore" }).status !== 0) {
    throw new Error(`--tool ${adapter.command}: ${adapter.command} is not on PATH`);
  }
  return {
    supports: (kind) => adapter.kinds.includes(kind),
    run: (job) => runTool(adapter, setting, job),
    close: () => Promise.resolve(),
  };
}

async function runTool(
  adapter: ToolAdapter,
  setting: Omit<ToolSetting, "embedded">,
  job: LoadJob,
): Promise<LoadResult> {
  const command = adapter.build(job, setting.workDir);
  for (const [name, content] of Object.entries(command.files ?? {})) {
    writeFileSync(join(setting.workDir, name), content);
  }
  const pinned = setting.cpus === undefined ? [] : ["taskset", "-c", setting.cpus];
  const [program = "", ...args] = [...pinned, command.program ?? adapter.command, ...command.args];
  const child = spawn(program, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...command.env },
    cwd: setting.workDir,
  });
  child.stdin.end(command.stdin ?? "");
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  if (child.exitCode !== 0)
    throw new Error(`${adapter.command} failed (${child.exitCode}): ${stderr.slice(-500)}`);
  return toLoadResult(adapter.parse(stdout, job));
}

/** Rebuilds a distribution from the percentiles a tool gives, so that slices can be merged like the embedded ones. */
export function histogramFromPercentiles(
  percentiles: ToolReport["percentiles"],
  count: number,
): LatencyHistogram {
  const histogram = createHistogram();
  let recorded = 0;
  for (const [percentile, ms] of percentiles) {
    const upTo = Math.round((percentile / 100) * count);
    if (upTo > recorded) histogram.recordValueWithCount(Math.max(1, Math.round(ms * 1000)), upTo - recorded);
    recorded = Math.max(recorded, upTo);
  }
  return histogram;
}

function toLoadResult(report: ToolReport): LoadResult {
  const histogram = histogramFromPercentiles(report.percentiles, report.succeeded);
  const latency = summarise(histogram);
  const latencyEncoded = encodeHistogram(histogram);
  const none = createHistogram();
  const neverSent = report.neverSent ?? 0;
  return {
    sent: report.sent,
    succeeded: report.succeeded,
    errors: report.errors,
    achievedRps: report.achievedRps,
    events: 0,
    latency,
    latencyEncoded,
    firstByte: summarise(none),
    firstByteEncoded: encodeHistogram(none),
    serviceTime: latency,
    serviceTimeEncoded: latencyEncoded,
    generator: { cpuMs: 0, busyRatio: 0, sendLag: summarise(none) },
    invalid:
      neverSent > (report.sent + neverSent) * (1 - MIN_SENT_RATIO)
        ? [`the tool did not send ${neverSent} requests that were due`]
        : [],
  };
}
