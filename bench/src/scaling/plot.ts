import type { Plot } from "../report/plot-specs.ts";
import type { CurveRow } from "./report.ts";

/** How many times the work of one, by what the CPU says and as it was measured. */
export function scalingPlot(rows: readonly CurveRow[]): Plot {
  const values = rows.flatMap(({ axis, count, load, measured, byCpu }) => [
    { count, times: measured, how: "measured, generator on the same cores", what: `${axis}: ${load}` },
    { count, times: byCpu, how: "by CPU a call", what: `${axis}: ${load}` },
  ]);
  return {
    name: "scaling",
    spec: {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      background: "white",
      width: 520,
      height: 300,
      title: "How many times the work of one",
      data: { values },
      mark: { type: "line", point: true },
      encoding: {
        x: { field: "count", type: "quantitative", title: "processes or workers" },
        y: { field: "times", type: "quantitative", title: "times" },
        color: { field: "what", type: "nominal", title: null, sort: null },
        strokeDash: {
          field: "how",
          type: "nominal",
          title: null,
          legend: { symbolType: "stroke", symbolStrokeColor: "black" },
        },
      },
    },
  };
}
