import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeHeapSnapshot } from "node:v8";
import { processTree } from "../measure/process-tree.ts";
import { repoDir } from "../paths.ts";
import { drawSvg } from "../report/draw.ts";
import { soakResults } from "./command.ts";
import { GROWING, growsTooFast, growthOf } from "./growth.ts";
import { compareHeaps, summariseHeap, totalBytes } from "./heap-snapshot.ts";
import { parseSoakOptions } from "./options.ts";
import { type Reading, readingsCsv, sumOf } from "./readings.ts";
import { renderSoak, soakPlot, verdictOf } from "./report.ts";
import { runSoak, type SoakRun } from "./run.ts";

const BUILT = ["packages/gateway/dist/cli/main.js", "packages/mock-upstream/dist/cli.js"];
const missing = BUILT.filter((entry) => !existsSync(join(repoDir, entry)));

/** 25 minutes of a heap that fills and is collected, over a level that grows by so many MB in 10 minutes. */
function readings(mbPer10Min: number): Reading[] {
  return Array.from({ length: 1500 }, (_, i) => {
    const atS = 300 + i;
    const garbageMb = ((i * 7) % 40) / 4;
    const rssMb = 100 + (mbPer10Min * i) / 600 + garbageMb;
    return {
      ...{ atS, rssMb, pssMb: rssMb - 40, heapUsedMb: 30 + garbageMb, heapTotalMb: 45, externalMb: 5 },
      ...{ openFiles: 800, threads: 11, openRequests: 300 },
    };
  });
}

function runOf(all: Reading[], problems: string[] = []): SoakRun {
  const growths = GROWING.map((name) => growthOf(all, name));
  return { pinning: "", warmUpS: 300, readings: all, growths, calls: [], problems };
}

test("a level that stays is flat, whatever the collector does above it; one that grows is not", () => {
  assert.equal(verdictOf(runOf(readings(0))), "flat");
  assert.equal(verdictOf(runOf(readings(0.8))), "flat");
  assert.equal(verdictOf(runOf(readings(1.2))), "grows");
  const rss = growthOf(readings(5), "rssMb");
  assert.ok(Math.abs(rss.slope - 5) < 0.1, String(rss.slope));
  assert.ok(rss.low !== null && rss.high !== null && rss.low > 4 && rss.high < 6);
});

test("failed calls fail a flat run, and what was not read is no flat line", () => {
  assert.equal(verdictOf(runOf(readings(0), ["plain: 1 calls failed with reset"])), "failed calls");
  assert.equal(growsTooFast([growthOf([], "rssMb")]), true);
  const unanswered = readings(0).map((reading) => ({ ...reading, heapUsedMb: Number.NaN }));
  assert.equal(verdictOf(runOf(unanswered)), "flat");
});

test("options", () => {
  const { durationMs, warmUpMs, streams, rps } = parseSoakOptions([]);
  assert.deepEqual([durationMs, warmUpMs, streams, rps], [1_800_000, 300_000, 300, 500]);
  assert.equal(parseSoakOptions(["--minutes", "3", "--warm-up-minutes", "0.5"]).warmUpMs, 30_000);
  assert.throws(() => parseSoakOptions(["--minutes", "0"]), /--minutes is a number above 0/);
  assert.throws(() => parseSoakOptions(["--minutes", "3", "--warm-up-minutes", "4"]), /--warm-up-minutes/);
});

test("a metric is summed over processes, by its whole name", () => {
  const text = 'a{process="0",kind="x"} 1\na{process="1",kind="x"} 2.5e1\na{process="0",kind="y"} 9\nab 7\n';
  assert.equal(sumOf(text, "a", 'kind="x"'), 26);
  assert.ok(Number.isNaN(sumOf(text, "b", "")));
});

class KeptForNothing {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

test("two heap snapshots tell what there is more of", () => {
  const kept: KeptForNothing[] = [];
  const snapshot = (): ReturnType<typeof summariseHeap> => {
    const file = writeHeapSnapshot(join(tmpdir(), `headrace-test-${process.pid}.heapsnapshot`));
    const summary = summariseHeap(readFileSync(file, "utf8"));
    rmSync(file);
    return summary;
  };
  const before = snapshot();
  for (let i = 0; i < 5000; i++) kept.push(new KeptForNothing(`number ${i}`));
  const after = snapshot();
  assert.ok(totalBytes(before) > 1e6);
  const change = compareHeaps(before, after).find(
    ({ constructorName }) => constructorName === KeptForNothing.name,
  );
  assert.equal(change?.count, kept.length);
  assert.ok((change?.bytes ?? 0) >= kept.length * 8);
  assert.throws(() => summariseHeap("{}"), /not a heap snapshot/);
});

test("a short run against the built gateway: every call answered, all read, the heap compared, nothing left", {
  skip: missing.length > 0 ? `not built: ${missing.join(", ")}` : false,
}, async () => {
  const foldersBefore = readdirSync(tmpdir()).filter((name) => name.startsWith("headrace-soak-"));
  const args = ["--minutes", "0.1", "--streams", "5", "--rps", "40", "--compare-heap"];
  const options = parseSoakOptions(args);
  const run = await runSoak(options, () => {});
  assert.deepEqual(run.problems, []);
  assert.deepEqual(
    run.calls.map(({ kind, sent, succeeded }) => [kind, sent === succeeded, succeeded > 0]),
    [
      ["streams", true, true],
      ["plain", true, true],
    ],
  );
  assert.ok(run.readings.length >= 2);
  const told = run.readings.filter(({ heapUsedMb }) => Number.isFinite(heapUsedMb));
  assert.ok(told.length > 0);
  for (const { rssMb, pssMb, heapUsedMb, heapTotalMb, externalMb, openFiles, threads } of told) {
    assert.ok(pssMb > 10 && pssMb <= rssMb && rssMb < 1000);
    assert.ok(heapUsedMb > 5 && heapUsedMb <= heapTotalMb && externalMb > 0);
    assert.ok(openFiles > 10 && threads >= 4);
  }
  assert.ok((run.heap?.bytesBefore ?? 0) > 5e6);
  const results = soakResults(run, { startedAt: new Date(), args, options, verdict: verdictOf(run) });
  const table = renderSoak(results);
  assert.match(table, /^# Soak: (flat|grows)/);
  assert.match(table, /## What grew in the heap/);
  assert.equal(readingsCsv(run.readings).trimEnd().split("\n").length, run.readings.length + 1);
  const { spec } = soakPlot(results, run.readings);
  assert.match(await drawSvg(spec), /Memory under constant load/);
  assert.deepEqual(
    readdirSync(tmpdir()).filter(
      (name) => name.startsWith("headrace-soak-") && !foldersBefore.includes(name),
    ),
    [],
  );
  assert.deepEqual(processTree(process.pid), [process.pid]);
});
