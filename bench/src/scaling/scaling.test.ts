import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { renderCapacity } from "../capacity/command.ts";
import { processTree } from "../measure/process-tree.ts";
import { repoDir } from "../paths.ts";
import { drawSvg } from "../report/draw.ts";
import { measureScaling } from "./command.ts";
import type { CurvePoint } from "./curves.ts";
import { parseScalingOptions } from "./options.ts";
import { scalingPlot } from "./plot.ts";
import { curveRows, renderScaling } from "./report.ts";

const BUILT = ["packages/gateway/dist/cli/main.js", "packages/mock-upstream/dist/cli.js"];
const missing = BUILT.filter((entry) => !existsSync(join(repoDir, entry)));

function point(count: number, rps: number, gatewayUs: number): CurvePoint {
  return {
    ...{ axis: "processes", load: "plain", count, rps, gatewayUs, generatorUs: 15, mockUs: 20 },
    ...{ gatewayCores: (rps * gatewayUs) / 1e6, balance: count === 1 ? 1 : 0.96, p99Ms: 2 },
    ...{ rssMb: 100 * count, pssMb: 60 * count, errors: count === 2 ? { reset: 1 } : {} },
  };
}

test("the rate that was measured and the one that the CPU allows are told apart", () => {
  const rows = curveRows([
    point(1, 24_000, 40),
    point(2, 25_000, 42),
    point(2, 27_000, 40),
    point(2, 26_000, 41),
  ]);
  const two = rows.find(({ count }) => count === 2);
  assert.deepEqual([two?.rps, two?.gatewayUs, two?.failed], [26_000, 41, 3]);
  assert.ok(Math.abs((two?.measured ?? 0) - 26 / 24) < 1e-9);
  assert.ok(Math.abs((two?.byCpu ?? 0) - (2 * 0.96 * 40) / 41) < 1e-9);
  assert.ok(Math.abs((two?.coresInAll ?? 0) - (26_000 * 76) / 1e6) < 1e-9);
});

test("options", () => {
  assert.deepEqual(parseScalingOptions([]).processes, [1, 2, 4]);
  assert.deepEqual(parseScalingOptions(["--workers", "1,3"]).workers, [1, 3]);
  assert.throws(() => parseScalingOptions(["--processes", "0"]), /--processes wants whole numbers/);
});

test("the quick form against the built gateway and mock: every curve and unit, no call failed", {
  skip: missing.length > 0 ? `not built: ${missing.join(", ")}` : false,
}, async () => {
  const args = ["--quick", "--rounds", "1", "--processes", "1,2", "--workers", "1"];
  const results = await measureScaling(parseScalingOptions(args), { args, log: () => {} });
  assert.deepEqual(
    results.points.map(({ axis, count, load }) => `${axis} ${count} ${load}`),
    [
      "processes 1 plain",
      "processes 1 stream",
      "processes 2 plain",
      "processes 2 stream",
      "workers 1 counted prompt",
    ],
  );
  for (const { rps, gatewayUs, generatorUs, balance, rssMb, pssMb, errors } of results.points) {
    assert.deepEqual(errors, {});
    assert.ok(rps > 0 && gatewayUs > 5 && generatorUs > 0 && balance > 0 && balance <= 1);
    assert.ok(pssMb > 10 && pssMb <= rssMb);
  }
  const { units } = results;
  assert.ok(units.processMb > 30 && units.processPrivateMb <= units.processMb && units.plainUs > 5);
  const table = renderScaling(results);
  assert.match(table, /## Workers of one process/);
  assert.match(await drawSvg(scalingPlot(curveRows(results.points)).spec), /How many times/);
  const input = { cores: 4, memoryGb: 8, headroom: 0.7, eventsPerSecond: 20, eventsPerStream: 300 };
  assert.match(
    renderCapacity({ ...input, idleClients: 0, wantedStreams: 1e6 }, units),
    /plain calls a second/,
  );
  assert.deepEqual(processTree(process.pid), [process.pid]);
});
