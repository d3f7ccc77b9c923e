/** Starts the built command as a user does, and knows when it is ready, what it logged and how it ended. */
import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type LogLine, LogTail } from "./log-tail.ts";

/** The command under test; `tsc -b packages/gateway` builds it. */
export const COMMAND: string = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 15_000;

export interface StartOptions {
  /** YAML, or a config as an object. Absent starts without a file: the demo with the mock inside. */
  readonly config?: string | object;
  /** Further arguments of `headrace start`; `--port 0 --admin-port 0` are always there. */
  readonly args?: readonly string[];
  /** Gateway processes, default 1; null leaves the choice to the config. */
  readonly processes?: number | null;
  /** Over this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A gateway that is ready. */
export interface StartedGateway {
  readonly port: number;
  readonly adminPort: number;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `http://127.0.0.1:adminPort` */
  readonly adminUrl: string;
  readonly pid: number;
  /** The config file, to rewrite for a reload; "" for the demo. */
  readonly configFile: string;
  /** Everything it said on standard output so far; the JSON lines among it are `logs`. */
  readonly stdout: string;
  readonly stderr: string;
  readonly logs: readonly LogLine[];
  /** The first log line that fits, from those so far or to come; rejects after the time-out and shows the last lines. */
  waitForLog(fits: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>;
  /** Resolves when standard output has what is looked for, in what is meant for people too. */
  waitForStdout(pattern: RegExp, timeoutMs?: number): Promise<void>;
  /** The same for standard error. */
  waitForStderr(pattern: RegExp, timeoutMs?: number): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** Leaves what it writes from now on unread until it has ended. */
  stopReading(): void;
  /** How it ended, once it has. */
  readonly exited: Promise<Exit>;
  /** SIGTERM; waits for the end and asserts that it was exit code 0 with nothing on standard error. */
  stop(): Promise<void>;
}

/** Starts `headrace start` on free ports and resolves when it is ready; rejects with what it said when it ends instead. */
export async function startGateway(options: StartOptions = {}): Promise<StartedGateway> {
  assert.ok(existsSync(COMMAND), `${COMMAND} is not there; build it with: tsc -b packages/gateway`);
  const directory = await mkdtemp(join(tmpdir(), "headrace-test-"));
  const configFile = options.config === undefined ? "" : join(directory, "headrace.yaml");
  if (options.config !== undefined) await writeFile(configFile, configText(options.config));
  const child = spawn(process.execPath, [COMMAND, ...argumentsFor(options, configFile)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
  });
  const gateway = new GatewayChild(child, configFile, directory);
  await gateway.becomeReady();
  return gateway;
}

function argumentsFor({ processes = 1, args = [] }: StartOptions, configFile: string): string[] {
  return [
    "start",
    ...(configFile === "" ? [] : ["--config", configFile]),
    ...["--port", "0", "--admin-port", "0"],
    ...(processes === null ? [] : ["--processes", String(processes)]),
    ...args,
  ];
}

/** JSON is YAML. */
/** Most tests let one provider fail again and again, so its circuit stays closed unless a test says otherwise. */
const NO_BREAKER = { breaker: { enabled: false } };

function configText(config: string | object): string {
  if (typeof config === "string") return config;
  const { providers } = config as { providers?: Readonly<Record<string, object>> };
  const entries = Object.entries(providers ?? {});
  const patient = entries.map(([name, provider]) => [name, { ...NO_BREAKER, ...provider }] as const);
  return JSON.stringify({ ...config, providers: Object.fromEntries(patient) });
}

class GatewayChild implements StartedGateway {
  port = 0;
  adminPort = 0;
  stderr = "";
  readonly configFile: string;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #tail = new LogTail();
  /** A test run that dies must not leave a gateway behind. */
  readonly #kill = (): void => {
    this.#child.kill("SIGKILL");
  };

  constructor(child: ChildProcessByStdio<null, Readable, Readable>, configFile: string, directory: string) {
    this.#child = child;
    this.configFile = configFile;
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#tail.push(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    process.once("exit", this.#kill);
    // "close", not "exit": only then everything it wrote has been read.
    this.exited = once(child, "close").then(async ([code, signal]: unknown[]) => {
      process.off("exit", this.#kill);
      this.#tail.end(`the gateway ended with ${String(code ?? signal)}: ${this.stderr}`);
      await rm(directory, { recursive: true, force: true });
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.adminPort}`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stdout(): string {
    return this.#tail.text;
  }

  get logs(): readonly LogLine[] {
    return this.#tail.lines;
  }

  async becomeReady(): Promise<void> {
    try {
      const ready = await this.waitForLog((line) => line.msg === "ready", READY_TIMEOUT_MS);
      this.port = Number(ready.port);
      this.adminPort = Number(ready.adminPort);
      // Each process writes for itself, so the supervisor's line may come before theirs.
      const listening = (): LogLine[] => this.logs.filter(({ msg }) => msg === "listening");
      await this.waitForLog(() => listening().length >= Number(ready.processes));
    } catch (error) {
      this.#kill();
      throw error;
    }
  }

  waitForLog(fits: (line: LogLine) => boolean, timeoutMs = 5_000): Promise<LogLine> {
    return this.#tail.waitFor(fits, timeoutMs);
  }

  async waitForStdout(pattern: RegExp, timeoutMs = 5_000): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!pattern.test(this.stdout)) await once(this.#child.stdout, "data", { signal });
  }

  async waitForStderr(pattern: RegExp, timeoutMs = 5_000): Promise<void> {
    const signal = AbortSignal.timeout(timeoutMs);
    while (!pattern.test(this.stderr)) await once(this.#child.stderr, "data", { signal });
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  stopReading(): void {
    this.#child.stdout.pause();
    this.#child.once("exit", () => this.#child.stdout.resume());
  }

  async stop(): Promise<void> {
    this.signal("SIGTERM");
    const timer = setTimeout(() => {
      this.stderr += this.#tail.withLastOutput(`not ended ${STOP_TIMEOUT_MS} ms after SIGTERM`);
      this.#kill();
    }, STOP_TIMEOUT_MS);
    const exit = await this.exited;
    clearTimeout(timer);
    // Standard error is for what the log cannot tell: warnings of the platform, a crash.
    assert.deepEqual({ ...exit, stderr: this.stderr }, { code: 0, signal: null, stderr: "" });
  }
}
