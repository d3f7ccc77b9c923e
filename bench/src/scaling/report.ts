import type { MachineRecord } from "../measure/machine.ts";
import { median } from "../measure/statistics.ts";
import { machineLines } from "../report/machine-lines.ts";
import { markdownTable, short } from "../report/markdown.ts";
import type { CurvePoint } from "./curves.ts";
import type { ScalingOptions } from "./options.ts";
import type { UnitCosts } from "./units.ts";

/** What `results.json` of a scaling run holds: what `bench capacity` reads. */
export interface ScalingResults {
  format: 1;
  kind: "scaling";
  startedAt: string;
  wallSeconds: number;
  machine: MachineRecord;
  options: ScalingOptions;
  /** One a round. */
  points: CurvePoint[];
  units: UnitCosts;
}

/** A number of processes or workers under one load: medians over the rounds. */
export interface CurveRow extends Omit<CurvePoint, "errors"> {
  /** Measured rate by that of one. */
  measured: number;
  /**
   * What the CPU says, were nothing else on the machine: so many times the work of one, less what a call has become
   * dearer by, less what the busiest process has more to do than the mean. More than the machine has cores says nothing.
   */
  byCpu: number;
  /** Cores that gateway, generator and mock used together, by their CPU a request. */
  coresInAll: number;
  failed: number;
}

const NUMBERS = [
  "rps",
  "gatewayUs",
  "generatorUs",
  "mockUs",
  "gatewayCores",
  "balance",
  "p99Ms",
  "rssMb",
  "pssMb",
] as const;

export function curveRows(points: readonly CurvePoint[]): CurveRow[] {
  const groups = Map.groupBy(points, ({ axis, load, count }) => `${axis} ${load} ${count}`);
  const medians = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const values = NUMBERS.map((name) => [name, median(group.map((point) => point[name]))] as const);
    const failed = group
      .flatMap(({ errors }) => Object.values(errors))
      .reduce((sum, count) => sum + count, 0);
    return [{ ...first, ...Object.fromEntries(values), failed } as CurvePoint & { failed: number }];
  });
  return medians.map(({ errors: _errors, ...row }) => {
    const one = medians.find(
      ({ axis, load, count }) => axis === row.axis && load === row.load && count === 1,
    );
    const { rps, gatewayUs, generatorUs, mockUs, count, balance } = row;
    return {
      ...row,
      measured: rps / (one?.rps ?? Number.NaN),
      byCpu: (count * balance * (one?.gatewayUs ?? Number.NaN)) / gatewayUs,
      coresInAll: (rps * (gatewayUs + generatorUs + mockUs)) / 1e6,
    };
  });
}

const HEAD = [
  "processes",
  "rate",
  "by one's",
  "by CPU",
  "gateway µs",
  "generator µs",
  "mock µs",
  "gateway cores",
  "cores in all",
  "balance",
  "p99 ms",
  "RSS MB",
  "PSS MB",
  "failed",
] as const;

function curveTable(rows: readonly CurveRow[], first: string): string {
  return markdownTable(
    [first, ...HEAD.slice(1)],
    rows.map((row) => [
      String(row.count),
      ...[row.rps, row.measured, row.byCpu, row.gatewayUs, row.generatorUs, row.mockUs].map(short),
      ...[row.gatewayCores, row.coresInAll, row.balance, row.p99Ms, row.rssMb, row.pssMb].map(short),
      String(row.failed),
    ]),
  );
}

export function renderScaling({ machine, options, points, units, startedAt }: ScalingResults): string {
  const rows = curveRows(points);
  const of = (axis: CurvePoint["axis"], load: CurvePoint["load"]): CurveRow[] =>
    rows.filter((row) => row.axis === axis && row.load === load);
  return `${[
    `# Scaling${options.quick ? " (quick: a smoke test, not a result)" : ""}`,
    [
      `${machineLines(machine)}, started ${startedAt}`,
      `- nothing is pinned; medians of ${options.rounds} rounds; load generator and mock are on the same ${machine.cores} cores`,
    ].join("\n"),
    `**by one's** is the measured rate by that of one process. Where **cores in all** is near ${machine.cores}, the machine is full, generator and mock included, and that rate says what is left for the gateway, not how it scales. **by CPU** is what remains without them: the number of processes, times CPU a call with one by CPU a call with so many, times how evenly they share the work.`,
    `## Processes, plain calls (${options.connections} connections, mock at once; p99 at ${options.tailRps} a second)\n\n${curveTable(of("processes", "plain"), "processes")}`,
    `## Processes, streams of 100 events (p99 at ${options.tailRps / 20} a second)\n\n${curveTable(of("processes", "stream"), "processes")}`,
    `## Workers of one process, exactly counted prompts of ${options.promptBytes / 1000} kB (${options.counters} at a time)\n\n${curveTable(of("workers", "counted prompt"), "workers")}`,
    `## What one of each costs\n\n${unitTable(units)}`,
  ].join("\n\n")}\n`;
}

function unitTable(units: UnitCosts): string {
  return markdownTable(
    ["of", "costs"],
    [
      ["a process when ready", `${short(units.processMb)} MB RSS, ${short(units.processPrivateMb)} MB PSS`],
      ["a plain call", `${short(units.plainUs)} µs CPU`],
      ["beginning and ending a stream", `${short(units.streamUs)} µs CPU`],
      ["an event at the pace of a model", `${short(units.eventUs)} µs CPU`],
      ["an open stream", `${short(units.streamKb)} kB`],
      ["a silent client", `${short(units.connectionKb)} kB`],
    ],
  );
}
