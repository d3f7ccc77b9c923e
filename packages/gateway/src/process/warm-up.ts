import { randomBytes } from "node:crypto";
import { KEY_DEFAULTS, MODEL_DEFAULTS, PROVIDER_DEFAULTS } from "@headrace/core/config/defaults";
import type { Config, ModelConfig, ProviderConfig } from "@headrace/core/config/types";
import type { Server } from "../http/uws-server.ts";
import { AccessLog } from "../observability/access-log.ts";
import { compileSnapshot } from "../snapshot/compile.ts";
import { detachedContext } from "../snapshot/detached-context.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type LoopbackClient, openLoopbackClient } from "../upstream/loopback-client.ts";
import { startWarmUpProvider } from "./warm-up-provider.ts";

const LOOPBACK = "127.0.0.1";
/** Enough for V8 to compile what a request runs through, measured by the tail of the first seconds. */
const ROUNDS = 120;
const REQUESTS_A_ROUND = 16;
/** Every so many rounds are streamed. */
const STREAM_EVERY = 4;
const MAX_WARM_UP_MS = 1_200;
const MODEL = "warm-up";
/** Nobody else can know it, and the server that takes it is gone before the port opens. */
const KEY = randomBytes(16).toString("hex");

/**
 * Sends requests through a server of this process, over sockets, to a fake provider of its own: the code that the first
 * client will meet has then been compiled, and no real provider has been asked for anything.
 *
 * @returns how long it took, in ms
 */
export async function warmUp(
  createServer: (currentSnapshot: () => Snapshot) => Server,
  config: Config,
): Promise<number> {
  const startedAtMs = performance.now();
  const provider = await startWarmUpProvider();
  const snapshot = warmUpSnapshot(config, provider.url);
  const server = createServer(() => snapshot);
  const port = await server.listen({ host: LOOPBACK, port: 0 });
  const client = openLoopbackClient({ port, key: KEY, connections: REQUESTS_A_ROUND });
  try {
    for (let round = 0; round < ROUNDS && performance.now() - startedAtMs < MAX_WARM_UP_MS; round++) {
      const stream = round % STREAM_EVERY === 0;
      await Promise.all(Array.from({ length: REQUESTS_A_ROUND }, () => post(client, stream)));
    }
  } finally {
    await client.close();
    await server.drain(0);
    await Promise.all(snapshot.upstreams.map((upstream) => upstream.close()));
    await provider.close();
  }
  return performance.now() - startedAtMs;
}

async function post(client: LoopbackClient, stream: boolean): Promise<void> {
  const status = await client.post("/v1/chat/completions", {
    model: MODEL,
    stream,
    messages: [{ role: "user", content: "Say something." }],
  });
  if (status !== 200) throw new Error(`a request of the warm-up was answered with status ${status}`);
}

/** The config at hand with one model, on the fake provider, and nothing that would be counted or logged. */
function warmUpSnapshot(config: Config, providerUrl: string): Snapshot {
  const provider: ProviderConfig = {
    ...PROVIDER_DEFAULTS,
    adapter: "openai-compatible",
    baseUrl: providerUrl,
    apiKey: "warm-up",
    connections: REQUESTS_A_ROUND,
  };
  const model: ModelConfig = {
    ...MODEL_DEFAULTS,
    targets: [{ provider: MODEL, model: "gpt-4o-mini", weight: 1 }],
    retry: { ...MODEL_DEFAULTS.retry, attempts: 1, statuses: [] },
    timeouts: { connectMs: 2_000, firstByteMs: 5_000, plainFirstByteMs: 5_000, idleMs: 5_000, totalMs: null },
  };
  return compileSnapshot(
    {
      ...config,
      providers: { [MODEL]: provider },
      models: { [MODEL]: model },
      aliases: {},
      faults: { enabled: false, rules: [] },
      keys: [{ ...KEY_DEFAULTS, name: MODEL, key: KEY }],
      auth: { mode: "keys", force: false },
    },
    detachedContext({
      access: new AccessLog({ write: () => {} }),
      keptCalls: REQUESTS_A_ROUND,
    }),
  );
}
