/** `headrace start`: one fleet of gateway processes, the admin port, and the signals. */
import { availableParallelism } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { maskSecrets } from "@headrace/core/config/mask";
import type { Config } from "@headrace/core/config/types";
import type { Mock } from "@headrace/mock-upstream/server";
import type { Logger } from "pino";
import { adminRoutes } from "../admin/admin-routes.ts";
import { answerError } from "../handlers/answer-error.ts";
import { createServer, type Server } from "../http/uws-server.ts";
import { type Logs, openLogs } from "../observability/logger.ts";
import type { ConfigVersion } from "../process/gateway-unit.ts";
import { giveBackMemory } from "../process/give-back-memory.ts";
import { Deadlines } from "../time/deadlines.ts";
import { embedMock } from "./embedded-mock.ts";
import { Fleet } from "./fleet.ts";
import { type FoundServer, findLocalServers, withLocalModels } from "./local-models.ts";
import { holdFreePort, probePort } from "./port-probe.ts";

export interface LoadedConfig {
  readonly config: Config;
  readonly hash: string;
}

export interface Supervisor {
  readonly port: number;
  readonly adminPort: number;
  /** Swaps the config in every process, or changes nothing and rejects with the reason. */
  reload(next: LoadedConfig): Promise<void>;
  /** Drains every process and frees everything. Calling it again waits for the same end. */
  stop(): Promise<void>;
}

const MAX_AUTO_PROCESSES = 8;
const ADMIN_BODY_LIMIT_BYTES = 1024 * 1024;
const ADMIN_DRAIN_TIMEOUT_MS = 1_000;

/**
 * Starts the whole gateway; resolves once it serves.
 *
 * @throws Error when a port is taken or a process cannot start; nothing is left running then
 */
export async function startSupervisor(loaded: LoadedConfig): Promise<Supervisor> {
  const { listen, admin } = loaded.config;
  await probePort(listen.host, listen.port);
  await probePort(admin.host, admin.port);
  const shares = listen.port === 0 && processCount(loaded.config) > 1;
  const held = shares ? await holdFreePort(listen.host) : null;
  const supervisor = await GatewaySupervisor.create(loaded, held?.port ?? listen.port);
  try {
    await supervisor.start();
  } catch (error) {
    await supervisor.stop();
    throw error;
  } finally {
    await held?.release();
  }
  return supervisor;
}

/** What was found beside the config. */
interface Surroundings {
  readonly mock: Mock | null;
  readonly found: readonly FoundServer[];
}

async function lookAround(config: Config): Promise<readonly FoundServer[]> {
  return config.discovery.local ? findLocalServers(config) : [];
}

class GatewaySupervisor implements Supervisor {
  adminPort = 0;
  readonly #logs: Logs;
  readonly #logger: Logger;
  readonly #deadlines: Deadlines;
  readonly #fleet: Fleet;
  readonly #admin: Server;
  readonly #startedWith: Config;
  #current: ConfigVersion;
  #mock: Mock | null;
  /** As the file has it, before anything was found. */
  #loaded: LoadedConfig;
  #found: readonly FoundServer[];
  #looking: NodeJS.Timeout | null = null;
  /** Reloads follow each other: each must see what the one before it has made of things. */
  #lastReload: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | null = null;

  static async create(loaded: LoadedConfig, port: number): Promise<GatewaySupervisor> {
    const found = await lookAround(loaded.config);
    const { config, mock } = await embedMock(withLocalModels(loaded.config, found), null);
    const running = { ...config, listen: { ...config.listen, port } };
    return new GatewaySupervisor(loaded, running, { mock, found });
  }

  private constructor(loaded: LoadedConfig, running: Config, { mock, found }: Surroundings) {
    this.#loaded = loaded;
    this.#found = found;
    this.#startedWith = loaded.config;
    this.#current = { config: running, hash: loaded.hash, version: 1 };
    this.#mock = mock;
    const fleetSize = processCount(loaded.config);
    this.#logs = openLogs(loaded.config.logs, fleetSize > 1);
    this.#logger = this.#logs.logger;
    this.#deadlines = new Deadlines((error) =>
      this.#logger.error({ err: error }, "a bug in the gateway surfaced at a deadline of the admin port"),
    );
    this.#fleet = new Fleet(fleetSize, this.#current, this.#logs);
    this.#admin = this.#createAdmin();
  }

  get port(): number {
    return this.#fleet.port;
  }

  async start(): Promise<void> {
    await this.#fleet.start();
    this.adminPort = await this.#admin.listen(this.#current.config.admin);
    const processes = processCount(this.#startedWith);
    this.#logger.info({ port: this.port, adminPort: this.adminPort, processes }, "ready");
    this.#lookLater();
    // A single process has done so itself, before its port opened.
    if (processes > 1) giveBackMemory();
  }

  reload(next: LoadedConfig): Promise<void> {
    const reloaded = this.#lastReload.then(() => this.#reload(next));
    this.#lastReload = reloaded.catch(() => {});
    return reloaded;
  }

  async #reload(next: LoadedConfig): Promise<void> {
    const found = await lookAround(next.config);
    await this.#swap(next, found);
    this.#loaded = next;
    this.#found = found;
    this.#lookLater();
  }

  /** Model servers on this machine come and go. */
  #lookLater(): void {
    if (this.#looking !== null) clearTimeout(this.#looking);
    const { local, intervalMs } = this.#loaded.config.discovery;
    if (!local || this.#stopped !== null) return;
    this.#looking = setTimeout(() => {
      this.#lastReload = this.#lastReload.then(() => this.#lookAgain());
    }, intervalMs);
    this.#looking.unref();
  }

  async #lookAgain(): Promise<void> {
    const found = await lookAround(this.#loaded.config);
    if (this.#stopped !== null) return;
    try {
      if (!isDeepStrictEqual(found, this.#found)) await this.#swap(this.#loaded, found);
      this.#found = found;
    } catch (error) {
      this.#logger.warn({ err: error }, "the models of this machine's servers could not be taken over");
    }
    this.#lookLater();
  }

  async #swap(next: LoadedConfig, found: readonly FoundServer[]): Promise<void> {
    const embedded = await embedMock(withLocalModels(next.config, found), this.#mock);
    this.#mock = embedded.mock;
    const config = keepFixed(this.#current.config, embedded.config);
    const version = { config, hash: next.hash, version: this.#current.version + 1 };
    await this.#fleet.reload(version);
    const waiting = settingsThatWait(this.#startedWith, next.config);
    if (waiting.length > 0) this.#logger.warn({ settings: waiting }, "these settings wait for a restart");
    this.#current = version;
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    if (this.#looking !== null) clearTimeout(this.#looking);
    await this.#fleet.drain();
    await this.#admin.drain(ADMIN_DRAIN_TIMEOUT_MS);
    await this.#mock?.close();
    this.#deadlines.close();
    await this.#logs.close();
  }

  #createAdmin(): Server {
    const { admin, limits } = this.#current.config;
    const onBug = (error: unknown, requestId: string): void => {
      this.#logger.error({ err: error, requestId }, "a bug in the gateway failed an admin request");
    };
    return createServer({
      routes: adminRoutes({
        key: admin.key,
        metrics: () => this.#fleet.metrics(),
        calls: (query) => this.#fleet.calls(query),
        shadows: () => this.#fleet.shadows(),
        health: () => this.#fleet.health(),
        ready: () => this.#fleet.complete,
        describeConfig: () => {
          const { version, hash, config } = this.#current;
          return { version, hash, config: maskSecrets(config) };
        },
        onBug,
      }),
      deadlines: this.#deadlines,
      bodyLimitBytes: ADMIN_BODY_LIMIT_BYTES,
      headerTimeoutMs: limits.headerTimeoutMs,
      bodyTimeoutMs: limits.bodyTimeoutMs,
      refuse: (exchange, error, lines) => answerError(exchange, error, { lines }),
      onBug,
    });
  }
}

/** What is built once, with the processes and their ports; a reload leaves it as it is. */
const FIXED_SETTINGS = [
  "listen",
  "admin",
  "processes",
  "workers",
  "limits",
  "responses",
  "logs",
] as const satisfies (keyof Config)[];

function keepFixed(running: Config, next: Config): Config {
  const { listen, admin, processes, workers, limits, responses, logs } = running;
  return { ...next, listen, admin, processes, workers, limits, responses, logs };
}

function settingsThatWait(startedWith: Config, next: Config): readonly string[] {
  return FIXED_SETTINGS.filter((name) => !isDeepStrictEqual(startedWith[name], next[name]));
}

function processCount({ processes }: Config): number {
  return processes === "auto" ? Math.min(availableParallelism(), MAX_AUTO_PROCESSES) : processes;
}
