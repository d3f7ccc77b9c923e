import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { entryModule } from "../paths.ts";
import { CallPool } from "./call-pool.ts";
import { STEPS } from "./call-work.ts";
import type { LoopThreadData, LoopThreadReady, LoopThreadReply } from "./loop-thread.ts";
import { BODY_SIZES } from "./protocol.ts";
import { closeInput, readPlan, report } from "./runner-side.ts";

/** The counterpart of `gil/python/throughput.py`: each step on N worker threads, then whole calls through a pool. */
const plan = readPlan();

/** The threads that loop over the steps; only they load the work, as only workers do in the gateway. */
async function measureSteps(): Promise<void> {
  const data: LoopThreadData = { plan, shared: new SharedArrayBuffer(8) };
  const flags = new Int32Array(data.shared);
  const module = entryModule(import.meta.url, "./loop-thread");
  const workers = Array.from({ length: plan.threads }, () => new Worker(module, { workerData: data }));
  const [ready] = await Promise.all(workers.map((worker) => once(worker, "message")));
  const facts: LoopThreadReady = ready?.[0];
  await report({ kind: "ready", facts, runtime: `Node ${process.version}`, gil: false });
  for (const size of BODY_SIZES) {
    for (const step of STEPS) {
      const replies = workers.map((worker) => once(worker, "message"));
      Atomics.add(flags, 0, 1);
      Atomics.notify(flags, 0);
      const rates: LoopThreadReply[] = (await Promise.all(replies)).map(([reply]) => reply);
      const perSecond = rates.reduce((sum, reply) => sum + reply.perSecond, 0);
      await report({ kind: "rate", size, step, perSecond });
    }
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
}

await measureSteps();
const pool = new CallPool(plan);
for (const size of BODY_SIZES) {
  await report({ kind: "rate", size, step: "pool", perSecond: await pool.rate(size) });
}
await pool.close();
closeInput();
