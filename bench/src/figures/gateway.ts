import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../measure/free-port.ts";
import { ManagedProcess } from "../measure/managed-process.ts";
import type { FoundPeer } from "../peers/find.ts";
import { type Contestant, requestTo } from "../peers/start.ts";
import { SHELL, withManyFiles } from "./file-limit.ts";

const CLIENT_KEY = "bench-client-key";
/** A model whose tokeniser is published, so that counts are exact. */
export const MODEL = "gpt-4o";
/** Another such model, which may have an upstream of its own. */
export const SECOND_MODEL = "gpt-4.1";

/** A model whose provider speaks Anthropic's wire, so that OpenAI's clients get its answers translated. */
export const TRANSLATED_MODEL = "claude-sonnet-4-5";

const PROBE_EVERY_MS = 3;
const READY_TIMEOUT_MS = 30_000;
const FIRST_PROMPT_BYTES = 16;

export interface StartedGateway extends Contestant {
  pid: number;
  adminPort: number;
  /** The work folder, which is gone when the gateway has stopped. */
  workDir: string;
  /** From the spawn of the command to the first 200 of `/readyz`. */
  readyMs: number;
  /** From the spawn of the command to the end of the first chat answer. */
  firstAnswerMs: number;
}

/** Client keys, metrics and access log are on by default or here; the log goes into a file. */
function configText(options: StartGatewayOptions): string {
  return JSON.stringify({
    listen: { host: "127.0.0.1" },
    auth: { mode: "keys" },
    keys: [{ name: "bench", key: "${HEADRACE_BENCH_KEY}", ...options.keySettings }],
    ...options.settings,
    ...(options.routes ?? plainRoutes(options)),
  });
}

function plainRoutes({ mockPort, secondMockPort = mockPort }: StartGatewayOptions): object {
  const provider = (port: number): object => ({
    adapter: "openai-compatible",
    baseUrl: `http://127.0.0.1:${port}/v1`,
    apiKey: "mock-key",
  });
  const model = (name: string, provider: string): object => ({
    strategy: { type: "single" },
    targets: [{ provider, model: name }],
  });
  return {
    providers: {
      first: provider(mockPort),
      second: provider(secondMockPort),
      translated: { ...provider(mockPort), adapter: "anthropic" },
    },
    models: {
      [MODEL]: model(MODEL, "first"),
      [SECOND_MODEL]: model(SECOND_MODEL, "second"),
      [TRANSLATED_MODEL]: model(TRANSLATED_MODEL, "translated"),
    },
  };
}

export interface StartGatewayOptions {
  program: FoundPeer;
  mockPort: number;
  /** The upstream of {@link SECOND_MODEL}; the same one when absent. */
  secondMockPort?: number;
  /** Providers, models and the like in place of the usual ones; {@link MODEL} must be among the models. */
  routes?: object;
  /** Settings of the config besides. */
  settings?: object;
  /** Settings of the client's key. */
  keySettings?: object;
  /** Default 1. */
  processes?: number;
  /** Arguments of Node, before the command's file. */
  nodeFlags?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** `taskset` list. */
  cpus: string | undefined;
  workDir: string;
}

/** Starts the built gateway with one process and times how long it takes until it is ready and has answered. */
export async function startGateway(options: StartGatewayOptions): Promise<StartedGateway> {
  const { program, cpus } = options;
  const workDir = mkdtempSync(join(options.workDir, "gateway-"));
  const config = join(workDir, "headrace.json");
  writeFileSync(config, configText(options));
  const port = await freePort();
  const adminPort = await freePort();
  const args = [
    ...[...(options.nodeFlags ?? []), ...program.leading, "start", "--config", config],
    ...["--processes", String(options.processes ?? 1)],
    ...["--port", String(port), "--admin-port", String(adminPort)],
  ];
  const startedMs = performance.now();
  const server = await ManagedProcess.start({
    name: "headrace",
    command: SHELL,
    args: withManyFiles([program.command, ...args]),
    env: { NODE_ENV: "production", HEADRACE_BENCH_KEY: CLIENT_KEY, ...options.env },
    cwd: workDir,
    cpus,
    logFile: join(workDir, "server.log"),
  });
  const contestant: Contestant & { pid: number } = {
    name: "headrace",
    title: "Headrace",
    kind: "gateway",
    version: program.version,
    note: "",
    host: "127.0.0.1",
    port,
    path: "/v1/chat/completions",
    model: MODEL,
    headers: { authorization: `Bearer ${CLIENT_KEY}` },
    pid: server.pid,
    startMs: 0,
    async stop(): Promise<void> {
      await server.stop();
      // At full speed the access log grows by megabytes a second.
      rmSync(workDir, { recursive: true, force: true });
    },
  };
  try {
    await untilReady(contestant, server);
    const readyMs = performance.now() - startedMs;
    const first = requestTo(contestant, { promptBytes: FIRST_PROMPT_BYTES, stream: false });
    const { status, body } = await post(contestant, first.path, first.body);
    if (status !== 200) throw new Error(`the first chat call got status ${status}: ${body.slice(0, 300)}`);
    const firstAnswerMs = performance.now() - startedMs;
    return { ...contestant, adminPort, workDir, startMs: firstAnswerMs, readyMs, firstAnswerMs };
  } catch (error) {
    await contestant.stop();
    throw error;
  }
}

async function untilReady(contestant: Contestant, server: ManagedProcess): Promise<void> {
  if (await comesToBe(contestant, { ready: true, goesOn: () => server.running })) return;
  throw new Error(`the gateway did not become ready:\n${server.logTail()}`);
}

/** Resolves when every process is in service, or one is not, by the word of the admin port; rejects after 30 s. */
export async function untilComplete(gateway: StartedGateway, complete: boolean): Promise<void> {
  if (await comesToBe({ ...gateway, port: gateway.adminPort }, { ready: complete })) return;
  throw new Error(complete ? "not every gateway process came up" : "no gateway process was missed");
}

async function comesToBe(
  contestant: Contestant,
  { ready, goesOn = () => true }: { ready: boolean; goesOn?: () => boolean },
): Promise<boolean> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadlineMs && goesOn()) {
    const { status } = await exchange(contestant, { method: "GET", path: "/readyz" });
    if ((status === 200) === ready) return true;
    await sleep(PROBE_EVERY_MS);
  }
  return false;
}

export interface Answer {
  /** 0 when there was no answer at all. */
  status: number;
  body: string;
}

/** One request on a connection of its own. */
export function post(contestant: Contestant, path: string, body: string): Promise<Answer> {
  return exchange(contestant, { method: "POST", path, body });
}

/** node:http and not fetch: what fetch loads when it is first used would count as the gateway's start. */
function exchange(
  { host, port, headers }: Contestant,
  { method, path, body }: { method: string; path: string; body?: string },
): Promise<Answer> {
  return new Promise((resolve) => {
    const call = request({
      ...{ host, port, method, path, agent: false },
      headers: {
        ...headers,
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      },
    });
    call.on("error", (error) => resolve({ status: 0, body: String(error) }));
    call.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (bytes: Buffer) => parts.push(bytes));
      response.on("error", (error) => resolve({ status: 0, body: String(error) }));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }),
      );
    });
    call.end(body);
  });
}
