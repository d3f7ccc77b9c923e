import { type Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { createHistogram, type LatencyHistogram, recordMs } from "../../load/histogram.ts";
import type { Contestant } from "../../peers/start.ts";

/** What all agents have seen together. */
export interface AgentTally {
  calls: number;
  /** Calls that took more than one try. */
  retried: number;
  chains: number;
  /** By status and code, or by what was wrong with the stream. */
  failures: Record<string, number>;
  latency: LatencyHistogram;
}

export function emptyTally(): AgentTally {
  return { calls: 0, retried: 0, chains: 0, failures: {}, latency: createHistogram() };
}

export interface AgentOptions {
  gateway: Contestant;
  /** Keeps connections for all agents. */
  sockets: Agent;
  callsInChain: number;
  /** Between an answer and the next call: half as long at least, half as long again at most. */
  thinkMs: number;
  endsAtMs: number;
  /** From 0 to 1. */
  random: () => number;
  tally: AgentTally;
}

interface Message {
  role: "user" | "assistant";
  content: string;
}

interface Heard {
  status: number;
  attempts: number;
  body: string;
  /** False for a connection that was cut. */
  complete: boolean;
}

/** A client that lives from one conversation to the next until its time is over, every second answer streamed. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { endsAtMs, callsInChain, thinkMs, random, tally } = options;
  await sleep(thinkMs * random());
  while (performance.now() < endsAtMs) {
    const messages: Message[] = [];
    let call = 0;
    for (; call < callsInChain && performance.now() < endsAtMs; call++) {
      messages.push({ role: "user", content: `Step ${call}: what is to be done next at the mill?` });
      messages.push({ role: "assistant", content: await ask(options, messages, call % 2 === 0) });
      await sleep(thinkMs * (0.5 + random()));
    }
    if (call === callsInChain) tally.chains++;
  }
}

async function ask(options: AgentOptions, messages: readonly Message[], stream: boolean): Promise<string> {
  const { tally } = options;
  const startedMs = performance.now();
  const heard = await exchange(options, JSON.stringify({ model: options.gateway.model, stream, messages }));
  recordMs(tally.latency, performance.now() - startedMs);
  tally.calls++;
  if (heard.attempts > 1) tally.retried++;
  const failure = failureOf(heard, stream);
  if (failure !== null) tally.failures[failure] = (tally.failures[failure] ?? 0) + 1;
  return heard.body.slice(0, 200);
}

function failureOf({ status, body, complete }: Heard, stream: boolean): string | null {
  if (status !== 200) return `status ${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ""}`.trim();
  if (!complete) return "cut";
  if (/"error":\s*\{/.test(body))
    return `error in the stream ${/"code":"(\w+)"/.exec(body)?.[1] ?? ""}`.trim();
  return stream && !body.trimEnd().endsWith("data: [DONE]") ? "no [DONE]" : null;
}

/** Never rejects: what goes wrong is status 0, with the reason for a body. */
function exchange({ gateway, sockets }: AgentOptions, body: string): Promise<Heard> {
  const { host, port, path, headers } = gateway;
  return new Promise((resolve) => {
    const failed = (error: Error): void =>
      resolve({ status: 0, attempts: 0, body: error.message, complete: false });
    const call = request({
      ...{ host, port, path, method: "POST", agent: sockets },
      headers: {
        ...headers,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      },
    });
    call.on("error", failed);
    call.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("error", () => {}); // a cut shows in `complete`
      response.once("close", () =>
        resolve({
          status: response.statusCode ?? 0,
          attempts: Number(response.headers["x-headrace-attempts"]),
          body: text,
          complete: response.complete,
        }),
      );
    });
    call.end(body);
  });
}
