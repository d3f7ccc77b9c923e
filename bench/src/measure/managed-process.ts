import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { onAbruptExit } from "./clean-up.ts";

export interface ProcessSpec {
  /** For messages. */
  name: string;
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** `taskset -c` list. */
  cpus: string | undefined;
  /** Gets stdout and stderr. */
  logFile: string;
}

const STOP_GRACE_MS = 8000;
const LOG_TAIL_CHARACTERS = 2000;

/** A server under test or beside it, in a process group of its own so that nothing of it survives `stop`. */
export class ManagedProcess {
  readonly pid: number;
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #logFile: string;
  readonly #forget: () => void;

  private constructor(spec: ProcessSpec, child: ChildProcess) {
    this.name = spec.name;
    this.pid = child.pid ?? 0;
    this.#child = child;
    this.#logFile = spec.logFile;
    this.#forget = onAbruptExit(() => this.#signal("SIGKILL"));
  }

  static async start(spec: ProcessSpec): Promise<ManagedProcess> {
    const [command, ...args] =
      spec.cpus === undefined
        ? [spec.command, ...spec.args]
        : ["taskset", "-c", spec.cpus, spec.command, ...spec.args];
    if (command === undefined) throw new Error(`${spec.name}: no command`);
    const log = openSync(spec.logFile, "a");
    try {
      const child = spawn(command, args, {
        detached: true,
        stdio: ["ignore", log, log],
        env: { ...process.env, ...spec.env },
        ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
      });
      await once(child, "spawn");
      return new ManagedProcess(spec, child);
    } finally {
      closeSync(log);
    }
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The end of what it printed, for the message that says why it did not come up. */
  logTail(): string {
    return readFileSync(this.#logFile, "utf8").slice(-LOG_TAIL_CHARACTERS);
  }

  async stop(): Promise<void> {
    if (this.running) {
      const exited = once(this.#child, "exit");
      this.#signal("SIGTERM");
      const force = setTimeout(() => this.#signal("SIGKILL"), STOP_GRACE_MS);
      await exited;
      clearTimeout(force);
    }
    // Workers that outlived their parent (gunicorn and nginx do that when they are killed hard).
    this.#signal("SIGKILL");
    this.#forget();
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch {
      // The group is gone already.
    }
  }
}
