import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { compareResults, renderComparison } from "./compare.ts";
import { percent, short } from "./markdown.ts";
import { readResults } from "./results.ts";
import { sampleResults } from "./sample-results.ts";
import { renderTable } from "./table.ts";
import { folderName, writeResults } from "./write.ts";

test("the table has a section for each scenario and gives a missing peer no number", () => {
  const table = renderTable(sampleResults({ addedMs: 0.3, cpuUs: 28 }));
  for (const heading of [
    "Constant arrival on a 50 ms mock",
    "Virtual users on a 60 ms mock",
    "Saturation: 64",
    "Paced",
  ]) {
    assert.ok(table.includes(heading), heading);
  }
  assert.match(table, /\| Kong \| - \| - \| - \| missing: no kong on PATH \|/);
  assert.match(table, /\| Headrace \| 2000 \| 1000 \| 100\.00 \| 0\.30 \|/);
  for (const line of table.split("\n").filter((candidate) => candidate.startsWith("|"))) {
    assert.doesNotMatch(line, /NaN|undefined|Infinity/);
  }
});

test("an invalid run is marked where it stands and explained", () => {
  const results = sampleResults({ addedMs: 0.3, cpuUs: 28 });
  results.cells[1]?.runs[0]?.invalid.push("generator sent late");
  const table = renderTable(results);
  assert.match(table, /\| Headrace \(invalid\) \| 100 \|/);
  assert.match(table, /- headrace, sweep 100 rps: invalid, generator sent late/);
});

test("a skipped cell has its reason and no figure", () => {
  const results = sampleResults({ addedMs: 0.3, cpuUs: 28 });
  const cell = results.cells.find(({ key }) => key === "sweep 2000 rps");
  assert.ok(cell);
  cell.runs = [];
  cell.skipped = "not measured: saturated at 1000 rps";
  assert.match(
    renderTable(results),
    /\| Headrace \| 2000 \| - \|.*\| not measured: saturated at 1000 rps \|/,
  );
});

test("everything is written: JSON that reads back, table, SVG and PNG", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-report-"));
  try {
    const results = sampleResults({ addedMs: 0.3, cpuUs: 28 });
    await writeResults(folder, results);
    assert.deepEqual(readResults(folder), JSON.parse(JSON.stringify(results)));
    const files = readdirSync(folder);
    for (const plot of ["overhead-by-rps", "rss-by-rps", "rps-by-users", "saturation-plain"]) {
      assert.ok(files.includes(`${plot}.svg`) && files.includes(`${plot}.png`), plot);
    }
    const svg = readFileSync(join(folder, "overhead-by-rps.svg"), "utf8");
    assert.match(svg, /^<svg/);
    assert.match(svg, /Headrace/);
    const png = readFileSync(join(folder, "overhead-by-rps.png"));
    assert.equal(png.subarray(1, 4).toString(), "PNG");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("compare tells a change from noise, and its direction", () => {
  const before = sampleResults({ addedMs: 0.5, cpuUs: 40 });
  const same = compareResults(before, sampleResults({ addedMs: 0.5, cpuUs: 40 }));
  assert.ok(same.length > 0);
  assert.ok(same.every(({ verdict }) => verdict !== "better" && verdict !== "worse"));
  const changed = compareResults(before, sampleResults({ addedMs: 0.3, cpuUs: 50 }));
  const verdictOf = (metric: string): string | undefined =>
    changed.find((change) => change.cell === "sweep 2000 rps" && change.metric === metric)?.verdict;
  assert.equal(verdictOf("added p50 ms"), "better");
  assert.equal(verdictOf("CPU µs/request"), "worse");
  assert.equal(verdictOf("RSS MB"), "too few samples");
});

test("compare says when there is too little or when it is not like with like", () => {
  const before = sampleResults({ addedMs: 0.5, cpuUs: 40, slices: 1 });
  const after = sampleResults({ addedMs: 0.1, cpuUs: 40, slices: 1 });
  after.machine = { ...after.machine, cpuModel: "Other CPU" };
  const text = renderComparison(before, after);
  assert.match(text, /too few samples/);
  assert.match(text, /not like with like: machine was Test CPU, is Other CPU/);
});

test("numbers keep what matters", () => {
  assert.deepEqual([0.123, 12.34, 1234.5, Number.NaN].map(short), ["0.12", "12.3", "1235", "-"]);
  assert.deepEqual([1, 0.999999, 0.5].map(percent), ["100.00", "99.99", "50.00"]);
  assert.equal(folderName(new Date("2026-05-09T15:30:00.123Z")), "2026-05-09-153000");
});
