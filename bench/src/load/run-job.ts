import { ClosedLoop } from "./closed-loop.ts";
import type { ConnectionPool } from "./connection-pool.ts";
import { summarise } from "./histogram.ts";
import { type LoadJob, type LoadResult, MAX_SEND_LAG_P99_MS, MIN_SENT_RATIO } from "./job.ts";
import { OpenLoop } from "./open-loop.ts";
import type { Tally } from "./tally.ts";

function cpuMs(since?: NodeJS.CpuUsage): number {
  const usage = process.cpuUsage(since);
  return (usage.user + usage.system) / 1000;
}

/** An open loop is judged by the rate at which answers came back, a closed one by what its window held. */
function achievedRps(job: LoadJob, tally: Tally): number {
  // A target slower than the window has answered next to nobody in it: then its whole span counts, as below.
  if (job.kind === "closed" && tally.succeededInWindow > job.users) {
    return (tally.succeededInWindow * 1000) / job.durationMs;
  }
  const startMs = job.kind === "closed" ? tally.windowEndMs - job.durationMs : tally.firstEndMs;
  const counted = job.kind === "closed" ? tally.succeeded : tally.succeeded - 1;
  const spanMs = tally.lastEndMs - startMs;
  return counted > 0 && spanMs > 0 ? (counted * 1000) / spanMs : 0;
}

/** Runs one job in this process on the pool's connections. */
export async function runJob(job: LoadJob, pool: ConnectionPool): Promise<LoadResult> {
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const loop = job.kind === "open" ? new OpenLoop(job, pool) : new ClosedLoop(job, pool);
  const tally = await loop.run();
  const wallMs = performance.now() - startedMs;
  const usedMs = cpuMs(cpuBefore);
  const sendLag = summarise(tally.sendLag);
  const invalid: string[] = [];
  if (sendLag.p99Ms > MAX_SEND_LAG_P99_MS) {
    invalid.push(`generator sent late: p99 ${sendLag.p99Ms.toFixed(2)} ms after the due time`);
  }
  if (loop instanceof OpenLoop && tally.sent < loop.due * MIN_SENT_RATIO) {
    invalid.push(`generator sent ${tally.sent} of ${loop.due} requests`);
  }
  return {
    ...tally.result(),
    achievedRps: achievedRps(job, tally),
    generator: { cpuMs: usedMs, busyRatio: usedMs / wallMs, sendLag },
    invalid,
  };
}
