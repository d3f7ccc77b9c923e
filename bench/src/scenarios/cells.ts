import type { MockBehaviour } from "../peers/mock.ts";
import type { BenchOptions, ScenarioName } from "./options.ts";

/** One point of a scenario: a load on a mock of one behaviour. Data only. */
export interface Cell {
  scenario: ScenarioName;
  mock: MockBehaviour;
  stream: boolean;
  load: { kind: "open"; rps: number } | { kind: "closed"; users: number };
  durationMs: number;
  runs: number;
  /** Load before the measured one, thrown away. */
  warmupMs: { direct: number; gateway: number };
  promptBytes: number;
}

const WARMUP_MS = 1500;
/** The issue asks for the first five seconds after a start. */
const COLD_MS = 5000;

/** Every cell of a run, in the order in which they are measured on one freshly started gateway. */
export function buildCells(options: BenchOptions): Cell[] {
  const { chunks, durationMs, runs, promptBytes } = options;
  const warmupMs = Math.min(WARMUP_MS, durationMs / 2);
  const base = { durationMs, runs, promptBytes, warmupMs: { direct: warmupMs, gateway: warmupMs } };
  const sweepMock = { latencyMs: options.latencyMs, chunks, eventsPerSecond: 0 };
  const usersMock = { latencyMs: options.usersLatencyMs, chunks, eventsPerSecond: 0 };
  const byScenario: Record<ScenarioName, () => Cell[]> = {
    cold: () => [
      {
        ...base,
        scenario: "cold",
        mock: sweepMock,
        stream: options.stream,
        load: { kind: "open", rps: Math.max(...options.rps) },
        durationMs: Math.min(COLD_MS, durationMs),
        runs: 1,
        // Only the gateway is to be cold: the generator and the mock are not what this measures.
        warmupMs: { direct: warmupMs, gateway: 0 },
      },
    ],
    sweep: () =>
      options.rps.map((rps) => ({
        ...base,
        scenario: "sweep",
        mock: sweepMock,
        stream: options.stream,
        load: { kind: "open", rps },
      })),
    streams: () => [
      {
        ...base,
        scenario: "streams",
        mock: { ...sweepMock, eventsPerSecond: options.eventsPerSecond },
        stream: true,
        load: { kind: "open", rps: options.streamRps },
      },
    ],
    users: () =>
      options.users.map((users) => ({
        ...base,
        scenario: "users",
        mock: usersMock,
        stream: options.stream,
        load: { kind: "closed", users },
      })),
    saturation: () =>
      [false, true].map((stream) => ({
        ...base,
        scenario: "saturation",
        mock: { latencyMs: 0, chunks, eventsPerSecond: 0 },
        stream,
        load: { kind: "closed", users: options.saturationConnections },
      })),
  };
  return options.scenarios.flatMap((name) => byScenario[name]());
}

/** How a cell is called in tables and when two results are compared. */
export function cellKey(cell: Pick<Cell, "scenario" | "stream" | "load">): string {
  const load = cell.load.kind === "open" ? `${cell.load.rps} rps` : `${cell.load.users} users`;
  return `${cell.scenario} ${load}${cell.stream ? " stream" : ""}`;
}
