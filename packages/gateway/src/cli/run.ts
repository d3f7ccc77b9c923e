/** The commands of the command line. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { demoConfigText } from "@headrace/core/config/demo";
import { messageOf } from "../observability/message-of.ts";
import { endProcess } from "../process/end-process.ts";
import { type LoadedConfig, type Supervisor, startSupervisor } from "../supervisor/supervisor.ts";
import { type Overrides, parseCommand, USAGE } from "./arguments.ts";
import { ConfigRefused, parseConfig, readConfigFile } from "./load-config.ts";
import { reloadOnChange } from "./reload-on-change.ts";

const EXIT_FAILED = 1;
const EXIT_MISUSED = 2;

/** Runs a command; what goes wrong is said on standard error, and the process ends with a code that is not 0. */
export function run(argv: readonly string[]): Promise<void> {
  return runCommand(argv).catch(fail);
}

async function runCommand(argv: readonly string[]): Promise<void> {
  const command = parseCommand(argv);
  if (command.name === "help") process.stdout.write(USAGE);
  else if (command.name === "version") process.stdout.write(`${version()}\n`);
  else if (command.name === "check") check(command.file);
  else if (command.file === null) await startDemo(command.overrides);
  else await startFromFile(command.file, command.overrides);
}

function check(file: string): void {
  const { hash } = readConfigFile(file, {});
  process.stdout.write(`${file} is a valid configuration (${hash})\n`);
}

async function startFromFile(file: string, overrides: Overrides): Promise<void> {
  const read = (): LoadedConfig => readConfigFile(file, overrides);
  const loaded = read();
  const supervisor = await serve(loaded);
  reloadOnChange(file, { supervisor, hash: loaded.hash, read });
}

/** Without a file: a fake provider, a key of this run, and the call that tries it out. */
async function startDemo(overrides: Overrides): Promise<void> {
  const key = `hr-${randomBytes(24).toString("base64url")}`;
  const supervisor = await serve(parseConfig(demoConfigText(key), "built-in configuration", overrides));
  const base = `http://127.0.0.1:${supervisor.port}`;
  process.stdout.write(`
Headrace is ready on ${base} with a fake provider inside. Metrics: http://127.0.0.1:${supervisor.adminPort}/metrics
Your key, made for this run and not shown again: ${key}

Try it:

  curl ${base}/v1/chat/completions \\
    -H "Authorization: Bearer ${key}" \\
    -H "Content-Type: application/json" \\
    -d '{"model":"gpt-4o-mini","messages":[{"role":"user","content":"Hello!"}]}'

Add "stream":true for a stream. With real providers: npm start -- --config headrace.yaml (see README.md).
Ctrl-C stops it.

`);
}

async function serve(loaded: LoadedConfig): Promise<Supervisor> {
  const starting = startSupervisor(loaded);
  const stop = (): void => {
    starting.then((supervisor) => supervisor.stop()).then(() => endProcess(0), fail);
  };
  // Before it is ready too: a signal in its first second must not cut what it already serves.
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return starting;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof manifest === "object" && manifest !== null && "version" in manifest
    ? String(manifest.version)
    : "";
}

/** One sentence for what a user can mend, a stack for what only we can. */
function fail(error: unknown): never {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (error instanceof ConfigRefused) process.stderr.write(`${error.message}\n`);
  else if (code === "EADDRINUSE" || code === "EACCES") process.stderr.write(`${portSentence(error, code)}\n`);
  else process.stderr.write(`headrace: ${messageOf(error)}\n`);
  endProcess(code.startsWith("ERR_PARSE_ARGS") ? EXIT_MISUSED : EXIT_FAILED);
}

function portSentence(error: unknown, code: string): string {
  const port = typeof error === "object" && error !== null && "port" in error ? error.port : "?";
  if (code === "EACCES")
    return `headrace: this user may not listen on port ${port}; choose another with --port or listen.port.`;
  return `headrace: port ${port} is taken by another program; stop that one, or choose another port with --port N (admin: --admin-port N).`;
}
