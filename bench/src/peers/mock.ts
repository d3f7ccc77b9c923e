import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../measure/free-port.ts";
import { ManagedProcess } from "../measure/managed-process.ts";
import { repoDir } from "../paths.ts";
import type { Contestant } from "./start.ts";

const MOCK_ENTRY = "packages/mock-upstream/dist/cli.js";
const READY_TIMEOUT_MS = 10_000;
const PROBE_EVERY_MS = 20;

export interface MockBehaviour {
  /** Delay before the answer begins. */
  latencyMs: number;
  /** Events of a streamed answer. */
  chunks: number;
  /** Events a second of one stream; 0 sends them as fast as the socket takes them. */
  eventsPerSecond: number;
}

/** The upstream of every contestant: always on the same port, restarted when a scenario wants another behaviour. */
export class MockUpstream {
  readonly port: number;
  readonly #workDir: string;
  readonly #cpus: string | undefined;
  #server: ManagedProcess | undefined;
  #behaviour = "";

  private constructor(port: number, workDir: string, cpus: string | undefined) {
    this.port = port;
    this.#workDir = workDir;
    this.#cpus = cpus;
  }

  static async create(workDir: string, cpus: string | undefined): Promise<MockUpstream> {
    if (!existsSync(join(repoDir, MOCK_ENTRY))) throw new Error(`${MOCK_ENTRY} is not built`);
    return new MockUpstream(await freePort(), workDir, cpus);
  }

  get pid(): number | undefined {
    return this.#server?.pid;
  }

  async behave(behaviour: MockBehaviour): Promise<void> {
    const wanted = JSON.stringify(behaviour);
    if (this.#server?.running && wanted === this.#behaviour) return;
    await this.stop();
    this.#behaviour = wanted;
    const { latencyMs, chunks, eventsPerSecond } = behaviour;
    this.#server = await ManagedProcess.start({
      name: "mock",
      command: process.execPath,
      args: [
        join(repoDir, MOCK_ENTRY),
        ...["--port", String(this.port), "--latency-ms", String(latencyMs)],
        ...["--record", "0", "--chunks", String(chunks), "--tokens-per-second", String(eventsPerSecond)],
      ],
      cpus: this.#cpus,
      logFile: join(this.#workDir, "mock.log"),
    });
    await this.#untilListening(this.#server);
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** The mock called without any gateway. */
  asContestant(): Contestant {
    return {
      name: "direct",
      title: "mock called directly",
      kind: "direct",
      version: "",
      note: "",
      host: "127.0.0.1",
      port: this.port,
      path: "/v1/chat/completions",
      model: "mock",
      headers: {},
      pid: undefined,
      startMs: 0,
      stop: () => Promise.resolve(),
    };
  }

  async #untilListening(server: ManagedProcess): Promise<void> {
    const deadlineMs = performance.now() + READY_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      if (!server.running) break;
      try {
        const response = await fetch(`http://127.0.0.1:${this.port}/v1/models`);
        await response.body?.cancel();
        return;
      } catch {
        await sleep(PROBE_EVERY_MS);
      }
    }
    throw new Error(`the mock did not come up:\n${server.logTail()}`);
  }
}
