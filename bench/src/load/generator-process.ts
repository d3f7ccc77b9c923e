import { ConnectionPool } from "./connection-pool.ts";
import type { LoadJob, LoadResult } from "./job.ts";
import { requestBytes } from "./request-bytes.ts";
import { runJob } from "./run-job.ts";

/** Messages of the generator process: jobs come in one at a time, each is answered with a result or a failure. */
export type GeneratorReply = { ok: true; result: LoadResult } | { ok: false; message: string };

const pools = new Map<string, ConnectionPool>();

function poolOf(job: LoadJob): ConnectionPool {
  const { host, port } = job.target;
  const key = JSON.stringify(job.target);
  let pool = pools.get(key);
  if (pool === undefined) {
    pool = new ConnectionPool({ host, port, request: requestBytes(job.target) });
    pools.set(key, pool);
  }
  return pool;
}

function reply(message: GeneratorReply): void {
  process.send?.(message);
}

process.on("message", (job: LoadJob) => {
  runJob(job, poolOf(job)).then(
    (result) => reply({ ok: true, result }),
    (error: unknown) => reply({ ok: false, message: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
