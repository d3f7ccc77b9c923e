import { recordRun } from "../measure/machine.ts";
import { resultFolder, writePlots, writeTable } from "../report/write.ts";
import { withScalingBed } from "./bed.ts";
import { type CurvePoint, measureCurves } from "./curves.ts";
import { parseScalingOptions, type ScalingOptions } from "./options.ts";
import { scalingPlot } from "./plot.ts";
import { curveRows, renderScaling, type ScalingResults } from "./report.ts";
import { measureUnits } from "./units.ts";

export async function measureScaling(
  options: ScalingOptions,
  { args, log }: { args: readonly string[]; log: (line: string) => void },
): Promise<ScalingResults> {
  const startedAt = new Date();
  const measured = await withScalingBed(options, log, async (bed) => {
    const units = await measureUnits(bed);
    const points: CurvePoint[] = [];
    for (let round = 0; round < options.rounds; round++) points.push(...(await measureCurves(bed)));
    return { units, points };
  });
  return {
    format: 1,
    kind: "scaling",
    ...recordRun(startedAt, ["scaling", ...args]),
    options,
    ...measured,
  };
}

/** `bench scaling`. */
export async function runScalingCommand(
  args: readonly string[],
  log: (line: string) => void,
): Promise<{ folder: string; table: string }> {
  const options = parseScalingOptions(args);
  const results = await measureScaling(options, { args, log });
  const folder = resultFolder(options.name, "scaling", results.startedAt);
  const table = renderScaling(results);
  writeTable(folder, results, table);
  await writePlots(folder, [scalingPlot(curveRows(results.points))]);
  return { folder, table };
}
