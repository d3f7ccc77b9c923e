import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RequestShape } from "../load/request-bytes.ts";
import { chatBody } from "../load/request-bytes.ts";
import { freePort } from "../measure/free-port.ts";
import { ManagedProcess } from "../measure/managed-process.ts";
import type { FoundPeer } from "./find.ts";
import { fillTemplate, type PeerRecord, peersDir } from "./record.ts";

/** Where load can go: a gateway that runs, or the mock itself under the name `direct`. */
export interface Contestant {
  name: string;
  title: string;
  kind: "direct" | "gateway" | "limit";
  version: string;
  note: string;
  host: string;
  port: number;
  path: string;
  model: string;
  headers: Readonly<Record<string, string>>;
  /** Root of its process tree; undefined for `direct`, whose cost is not measured. */
  pid: number | undefined;
  /** From the start of the process to the first answered chat request. */
  startMs: number;
  stop(): Promise<void>;
}

export interface StartPeerOptions {
  record: PeerRecord;
  found: FoundPeer;
  mockPort: number;
  /** A folder for this run's configs and logs. */
  workDir: string;
  cpus: string | undefined;
  /** Processes of a gateway that can run several; default 1. */
  workers?: number;
}

const PROBE_EVERY_MS = 50;
const PROBE_PROMPT_BYTES = 16;

/** The request that a scenario sends to this contestant. */
export function requestTo(
  contestant: Contestant,
  prompt: { promptBytes: number; stream: boolean },
): RequestShape {
  return {
    host: contestant.host,
    port: contestant.port,
    path: contestant.path,
    headers: contestant.headers,
    body: chatBody({ model: contestant.model, ...prompt }),
  };
}

/** Starts a peer with the config it ships and waits until a chat request through it is answered with 200. */
export async function startPeer(options: StartPeerOptions): Promise<Contestant> {
  const { record, found, mockPort } = options;
  const workDir = join(options.workDir, record.name);
  mkdirSync(workDir, { recursive: true });
  const port = await freePort();
  const values = {
    port: String(port),
    adminPort: String(await freePort()),
    mockPort: String(mockPort),
    mockUrl: `http://127.0.0.1:${mockPort}/v1`,
    workers: String(options.workers ?? 1),
    workDir,
    program: found.program,
  };
  const fill = (text: string): string => fillTemplate(text, values);
  for (const config of record.configs ?? []) {
    writeFileSync(join(workDir, config), fill(readFileSync(join(peersDir, record.name, config), "utf8")));
  }
  const startedMs = performance.now();
  const server = await ManagedProcess.start({
    name: record.name,
    command: found.command,
    args: [...found.leading, ...record.start.args.map(fill)],
    env: mapValues(record.start.env ?? {}, fill),
    cwd: workDir,
    cpus: options.cpus,
    logFile: join(workDir, "server.log"),
  });
  const contestant: Contestant = {
    name: record.name,
    title: record.title,
    kind: record.kind,
    version: found.version,
    note: record.note ?? "",
    host: "127.0.0.1",
    port,
    path: fill(record.request.path),
    model: record.request.model,
    headers: mapValues(record.request.headers, fill),
    pid: server.pid,
    startMs: 0,
    stop: () => server.stop(),
  };
  try {
    await untilAnswering(contestant, server, record.readyTimeoutMs);
  } catch (error) {
    await server.stop();
    throw error;
  }
  contestant.startMs = performance.now() - startedMs;
  return contestant;
}

function mapValues(
  record: Readonly<Record<string, string>>,
  map: (value: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

async function untilAnswering(
  contestant: Contestant,
  server: ManagedProcess,
  timeoutMs: number,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  const request = requestTo(contestant, { promptBytes: PROBE_PROMPT_BYTES, stream: false });
  let last = "no answer";
  while (performance.now() < deadlineMs) {
    if (!server.running) throw new Error(`${contestant.title} ended while starting:\n${server.logTail()}`);
    last = await probe(request);
    if (last === "") return;
    await sleep(PROBE_EVERY_MS);
  }
  throw new Error(`${contestant.title} did not answer in ${timeoutMs} ms (${last}):\n${server.logTail()}`);
}

/** Empty when answered with 200, else what came instead. */
async function probe(request: RequestShape): Promise<string> {
  try {
    const response = await fetch(`http://${request.host}:${request.port}${request.path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...request.headers },
      body: request.body,
      signal: AbortSignal.timeout(10_000),
    });
    const text = await response.text();
    return response.status === 200 ? "" : `status ${response.status}: ${text.slice(0, 300)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
