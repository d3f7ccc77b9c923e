import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WHOLE_CHAT } from "./whole-chat.ts";

/** How a provider answers calls for one of its models. */
export interface Mood {
  /** 200 = a whole answer. */
  readonly status: number;
  readonly retryAfterS?: number;
  readonly delayMs?: number;
}

/** A provider whose models do as the test says, from one moment to the next. */
export interface FickleProvider {
  /** Base URL of its API. */
  readonly url: string;
  /** By the model's name; what is not here is served. */
  readonly moods: Map<string, Mood>;
  /** The same for the list of models, which probes ask for. */
  listing: Mood;
  /** When it was asked for the list, in ms of `performance.now()`. */
  readonly listedAtMs: number[];
  /** Models that were called, in this order. */
  readonly called: string[];
  close(): Promise<void>;
}

const SERVED: Mood = { status: 200 };

export async function startFickleProvider(): Promise<FickleProvider> {
  const server = createServer((request, response) => {
    const give = ({ status, retryAfterS, delayMs = 0 }: Mood): void => {
      const headers = retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) };
      setTimeout(() => {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(status === 200 ? WHOLE_CHAT : REFUSAL);
      }, delayMs);
    };
    if (request.method === "GET") {
      provider.listedAtMs.push(performance.now());
      give(provider.listing);
      return;
    }
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.once("end", () => {
      const { model } = JSON.parse(body) as { model: string };
      provider.called.push(model);
      give(provider.moods.get(model) ?? SERVED);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const provider: FickleProvider = {
    url: `http://127.0.0.1:${port}/v1`,
    moods: new Map(),
    listing: SERVED,
    listedAtMs: [],
    called: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return provider;
}

const REFUSAL = JSON.stringify({ error: { message: "not now", type: "server_error" } });
