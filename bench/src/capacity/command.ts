import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { positive, UsageError } from "../command-line.ts";
import { benchDir } from "../paths.ts";
import { markdownTable, short } from "../report/markdown.ts";
import type { ScalingResults } from "../scaling/report.ts";
import type { UnitCosts } from "../scaling/units.ts";
import { type Capacity, type CapacityInput, capacityOf } from "./model.ts";

const FLAGS = {
  cores: { type: "string", default: "8" },
  "memory-gb": { type: "string", default: "16" },
  headroom: { type: "string", default: "0.7" },
  "events-per-second": { type: "string", default: "20" },
  "events-per-stream": { type: "string", default: "300" },
  "idle-clients": { type: "string", default: "0" },
  streams: { type: "string", default: "1000000" },
  from: { type: "string" },
} as const;

export const CAPACITY_USAGE: string = `Options of capacity (defaults in brackets):
  --cores N --memory-gb N   of one machine [${FLAGS.cores.default}, ${FLAGS["memory-gb"].default}]
  --headroom PART           part of both that may be used [${FLAGS.headroom.default}]
  --events-per-second N     of one stream [${FLAGS["events-per-second"].default}]
  --events-per-stream N     how long a stream is [${FLAGS["events-per-stream"].default}]
  --idle-clients N          connected and silent beside the streams [${FLAGS["idle-clients"].default}]
  --streams N               wanted at a time, over all machines [${FLAGS.streams.default}]
  --from FOLDER             a result of "bench scaling" [the newest under bench/results]`;

/** @throws UsageError, or the TypeError of `parseArgs` */
export function parseCapacityOptions(args: readonly string[]): { input: CapacityInput; from?: string } {
  const { values } = parseArgs({ args: [...args], options: FLAGS, strict: true });
  const headroom = positive(values.headroom, "headroom");
  const idleClients = Number(values["idle-clients"]);
  if (headroom > 1) throw new UsageError("--headroom is a part, up to 1");
  if (!(idleClients >= 0)) throw new UsageError("--idle-clients is a number");
  return {
    input: {
      cores: Math.floor(positive(values.cores, "cores")),
      memoryGb: positive(values["memory-gb"], "memory-gb"),
      headroom,
      eventsPerSecond: positive(values["events-per-second"], "events-per-second"),
      eventsPerStream: positive(values["events-per-stream"], "events-per-stream"),
      idleClients,
      wantedStreams: positive(values.streams, "streams"),
    },
    ...(values.from === undefined ? {} : { from: values.from }),
  };
}

function isScaling(value: unknown): value is ScalingResults {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "scaling";
}

/** @throws UsageError when there is no such result */
function readScaling(from: string | undefined): { results: ScalingResults; folder: string } {
  const folders = from === undefined ? newestFirst() : [from];
  for (const folder of folders) {
    const file = join(folder, "results.json");
    const value: unknown = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
    if (isScaling(value)) return { results: value, folder };
  }
  throw new UsageError(
    `no result of "bench scaling" ${from === undefined ? "under bench/results" : "there"}`,
  );
}

function newestFirst(): string[] {
  const results = join(benchDir, "results");
  const names = existsSync(results) ? readdirSync(results) : [];
  return names
    .filter((name) => name.includes("scaling"))
    .toSorted()
    .reverse()
    .map((name) => join(results, name));
}

export function renderCapacity(input: CapacityInput, units: UnitCosts): string {
  const capacity = capacityOf(input, units);
  return `${markdownTable(["", "value"], rows(input, capacity))}\n`;
}

function rows(input: CapacityInput, capacity: Capacity): string[][] {
  const { cores, memoryGb, headroom, eventsPerSecond, wantedStreams } = input;
  const whole = (value: number): string => Math.round(value).toLocaleString("en");
  return [
    [
      "machine",
      `${cores} cores, ${short(memoryGb)} GB, of which ${Math.round(headroom * 100)} % may be used`,
    ],
    ["gateway processes", whole(capacity.processes)],
    ["plain calls a second, alone", whole(capacity.plainRps)],
    [`streams at a time of ${short(eventsPerSecond)} events a second, by CPU`, whole(capacity.streamsByCpu)],
    ["the same by memory", whole(capacity.streamsByMemory)],
    ["streams at a time", `${whole(capacity.streams)} (${capacity.limit} is the limit)`],
    ["memory then", `${whole(capacity.memoryMb)} MB`],
    ["open files a process", whole(capacity.filesPerProcess)],
    [`machines for ${whole(wantedStreams)} streams`, whole(capacity.machines)],
  ];
}

/** `bench capacity`: what a machine carries, by the newest result of `bench scaling`. */
export function runCapacityCommand(args: readonly string[]): { folder: string; table: string } {
  const { input, from } = parseCapacityOptions(args);
  const { results, folder } = readScaling(from);
  return { folder, table: renderCapacity(input, results.units) };
}
