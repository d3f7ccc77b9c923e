/** What the tests of credentials share: a clock that they turn, and who gives out tokens. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { FlatHeaders } from "@headrace/core/adapter";
import type { SignableRequest } from "./credential.ts";
import type { Timing } from "./timing.ts";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class FakeTiming implements Timing {
  chance = 0;
  #nowMs: number;
  #timers: Timer[] = [];

  constructor(nowMs = 1_000_000) {
    this.#nowMs = nowMs;
  }

  get pending(): number {
    return this.#timers.length;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.chance;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  /** Lets time pass, and what waits for it run to where it waits for something else. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await settle();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      const { atMs, callback } = next;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#nowMs = atMs;
      callback();
      await settle();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Timer | undefined {
    return this.#timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
  }
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export const REQUEST: SignableRequest = {
  method: "POST",
  path: "/",
  host: "provider.example",
  body: new Uint8Array(),
};

export function headerOf(headers: FlatHeaders, name: string): string | undefined {
  const at = headers.indexOf(name);
  return at === -1 ? undefined : headers[at + 1];
}

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface TokenServer {
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** A real server on loopback that gives out what `answer` makes of each request. */
export async function startTokenServer(
  answer: (asked: Asked) => { readonly status?: number; readonly body: unknown },
): Promise<TokenServer> {
  const all: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = "", url = "", headers } = request;
    const asked: Asked = { method, url, headers, body: Buffer.concat(chunks).toString() };
    all.push(asked);
    const { status = 200, body } = answer(asked);
    response.writeHead(status, { "content-type": "application/json", "metadata-flavor": "Google" });
    response.end(JSON.stringify(body));
  });
  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked: all,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

/** Runs with these variables of the environment, undefined for none, and gives the others back after it. */
export async function withEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  run: () => Promise<void>,
): Promise<void> {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  setVariables(Object.entries(variables));
  try {
    await run();
  } finally {
    setVariables(before);
  }
}

function setVariables(entries: readonly (readonly [string, string | undefined])[]): void {
  for (const [name, value] of entries) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
