/** Lists or measures benches of a checkout in a process of its own, so that no other bench has warmed or spoilt it. */
import { benchesOf, benchFiles } from "./find.ts";
import { measureBench } from "./measure.ts";
import type { BenchList, ListedBench, MicroJob, MicroReply } from "./protocol.ts";

const VERIFIED_BEFORE = 3;

async function answer(job: MicroJob): Promise<MicroReply> {
  if (job.kind === "list") return { kind: "list", ...(await list(job.root)) };
  const wanted = (await benchesOf(job.root, job.file)).find(({ id }) => id === job.id);
  if (wanted === undefined) throw new Error(`${job.file} has no bench called ${job.id}`);
  const prepared = await wanted.bench.prepare();
  for (let done = 0; done < VERIFIED_BEFORE; done += 1) await prepared.verify();
  const reading = await measureBench(prepared, job.plan);
  // What begins well may still fail once it is compiled, or its queue is full.
  await prepared.verify();
  await prepared.close();
  return { kind: "reading", reading };
}

async function list(root: string): Promise<BenchList> {
  const benches: ListedBench[] = [];
  const problems: string[] = [];
  for (const file of benchFiles(root)) {
    try {
      for (const { id, bench } of await benchesOf(root, file)) benches.push({ id, file, parts: bench.parts });
    } catch (error) {
      problems.push(`${file} cannot be loaded: ${error instanceof Error ? error.message : error}`);
    }
  }
  return { benches, problems };
}

const job: MicroJob = JSON.parse(process.argv[2] ?? "");
process.stdout.write(`${JSON.stringify(await answer(job))}\n`, () => process.exit(0));
