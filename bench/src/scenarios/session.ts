import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type LoadGenerator, startGenerator } from "../load/generator.ts";
import { createTool } from "../load/tools/create.ts";
import { removableFolder } from "../measure/clean-up.ts";
import { withoutHostPaths } from "../measure/machine.ts";
import { detectPinning, type Pinning, pinSelf } from "../measure/pinning.ts";
import { readTreeMemory } from "../measure/process-tree.ts";
import { type FoundPeer, findPeer } from "../peers/find.ts";
import { MockUpstream } from "../peers/mock.ts";
import { loadPeer, type PeerRecord } from "../peers/record.ts";
import { type Contestant, startPeer } from "../peers/start.ts";
import type { CellResult, RunRecord } from "./cell-result.ts";
import { buildCells, type Cell, cellKey } from "./cells.ts";
import { type MeasureOptions, measureRun, warmUp } from "./measure-run.ts";
import type { BenchOptions } from "./options.ts";

/** What is known of one contestant besides its figures. */
export interface ContestantRecord {
  name: string;
  title: string;
  kind: Contestant["kind"];
  version: string;
  note: string;
  /** Process start to first answered chat request. */
  startMs: number;
  /** RSS of the tree after the first answer, before any load. */
  idleRssMb: number;
}

export interface SessionResult {
  pinning: string;
  contestants: ContestantRecord[];
  /** Peers that were not measured, and why. */
  missing: { name: string; title: string; reason: string }[];
  cells: CellResult[];
}

export interface SessionOptions {
  bench: BenchOptions;
  /** Peer records to measure, in this order. */
  peers: readonly string[];
  /** One line a step. */
  log(line: string): void;
}

/** Below this part of the asked rate a contestant is saturated and higher rates tell nothing more. */
const SATURATED_RATIO = 0.8;
const IDLE_SETTLE_MS = 500;

interface Bed {
  mock: MockUpstream;
  embedded: LoadGenerator;
  tool: LoadGenerator;
  pinning: Pinning;
  workDir: string;
}

/** Measures each peer in turn against the mock called directly, each on a freshly started process. */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const pinning = detectPinning();
  pinSelf(pinning.generator);
  const workDir = mkdtempSync(join(tmpdir(), "headrace-bench-"));
  const removeWorkDir = removableFolder(workDir);
  const mock = await MockUpstream.create(workDir, pinning.mock);
  const embedded = await startGenerator(pinning.generator);
  try {
    const tool = createTool(options.bench.tool, { embedded, cpus: pinning.generator, workDir });
    const session = new Session(options, { mock, embedded, tool, pinning, workDir });
    for (const name of options.peers) await session.measurePeer(name);
    return session.result;
  } finally {
    await mock.stop();
    await embedded.close();
    removeWorkDir();
  }
}

class Session {
  readonly result: SessionResult;
  readonly #options: SessionOptions;
  readonly #bed: Bed;
  readonly #cells: Cell[];

  constructor(options: SessionOptions, bed: Bed) {
    this.#options = options;
    this.#bed = bed;
    this.#cells = buildCells(options.bench);
    this.result = { pinning: bed.pinning.description, contestants: [], missing: [], cells: [] };
  }

  async measurePeer(name: string): Promise<void> {
    const record = loadPeer(name);
    const search = findPeer(record, this.#options.bench.peerPaths[name]);
    if ("missing" in search) {
      this.#missing(record, `missing: ${search.missing}`);
      return;
    }
    const gateway = await this.#start(record, search.found);
    if (gateway === undefined) return;
    try {
      await sleep(IDLE_SETTLE_MS);
      this.result.contestants.push(describe(gateway));
      await this.#measureCells(gateway);
    } finally {
      await gateway.stop();
    }
  }

  async #start(record: PeerRecord, found: FoundPeer): Promise<Contestant | undefined> {
    const first = this.#cells[0];
    if (first === undefined) return undefined;
    await this.#bed.mock.behave(first.mock);
    try {
      return await startPeer({
        record,
        found,
        mockPort: this.#bed.mock.port,
        workDir: this.#bed.workDir,
        cpus: this.#bed.pinning.gateway,
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#options.log(message);
      const [what = "", ...printed] = message.split("\n");
      const why =
        printed.find((line) => /error|not found|cannot|failed/i.test(line)) ??
        printed.find((line) => line !== "") ??
        "";
      this.#missing(record, withoutHostPaths(`${what} ${why.trim()}`.trim()));
      return undefined;
    }
  }

  #missing(record: PeerRecord, reason: string): void {
    this.result.missing.push({ name: record.name, title: record.title, reason });
    this.#options.log(`${record.title}: ${reason}`);
  }

  async #measureCells(gateway: Contestant): Promise<void> {
    let saturatedAt: number | undefined;
    for (const cell of this.#cells) {
      if (cell.scenario === "sweep" && cell.load.kind === "open" && saturatedAt !== undefined) {
        const skipped = `not measured: saturated at ${saturatedAt} rps`;
        this.#push({ cell, gateway, tool: "", runs: [], skipped });
        continue;
      }
      const runs = await this.#measureCell(cell, gateway);
      if (cell.scenario !== "sweep" || cell.load.kind !== "open") continue;
      const { rps } = cell.load;
      if (runs.every((run) => run.gateway.achievedRps * run.gateway.successRatio < rps * SATURATED_RATIO)) {
        saturatedAt = rps;
      }
    }
  }

  async #measureCell(cell: Cell, gateway: Contestant): Promise<RunRecord[]> {
    const { mock, tool, embedded } = this.#bed;
    await mock.behave(cell.mock);
    const byTool = tool.supports(cell.load.kind);
    const measure: MeasureOptions = {
      cell,
      gateway,
      direct: mock.asContestant(),
      generator: byTool ? tool : embedded,
      timeoutMs: this.#options.bench.timeoutMs,
    };
    await warmUp(measure);
    const runs: RunRecord[] = [];
    for (let run = 0; run < cell.runs; run++) {
      const record = await measureRun(measure);
      runs.push(record);
      this.#options.log(
        `${gateway.title}, ${cellKey(cell)}, run ${run + 1}/${cell.runs}: ${oneLine(record)}`,
      );
    }
    this.#push({ cell, gateway, tool: byTool ? this.#options.bench.tool : "embedded", runs });
    return runs;
  }

  #push(entry: { cell: Cell; gateway: Contestant; tool: string; runs: RunRecord[]; skipped?: string }): void {
    const { cell, gateway, tool, runs, skipped } = entry;
    this.result.cells.push({
      key: cellKey(cell),
      cell,
      contestant: gateway.name,
      tool,
      runs,
      ...(skipped === undefined ? {} : { skipped }),
    });
  }
}

function describe(gateway: Contestant): ContestantRecord {
  const { name, title, kind, version, note, startMs, pid } = gateway;
  const idleRssMb = pid === undefined ? 0 : readTreeMemory(pid).rssMb;
  return { name, title, kind, version, note, startMs, idleRssMb };
}

function oneLine(run: RunRecord): string {
  const { gateway, overhead, cpuUsPerRequest, memory, invalid } = run;
  const parts = [
    `${gateway.achievedRps.toFixed(0)} rps`,
    `success ${(gateway.successRatio * 100).toFixed(2)} %`,
    `added p50 ${overhead.p50Ms.toFixed(2)} p99 ${overhead.p99Ms.toFixed(2)} ms`,
    `${cpuUsPerRequest.toFixed(1)} µs CPU`,
    `${memory.maxRssMb.toFixed(0)} MB`,
  ];
  return invalid.length === 0 ? parts.join(", ") : `${parts.join(", ")} [INVALID: ${invalid.join("; ")}]`;
}
