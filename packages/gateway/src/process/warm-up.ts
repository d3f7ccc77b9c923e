import { randomBytes } from "node:crypto";
import { KEY_DEFAULTS, MODEL_DEFAULTS, PROVIDER_DEFAULTS } from "@headrace/core/config/defaults";
import type { Config, ModelConfig, ProviderConfig } from "@headrace/core/config/types";
import { adapterById } from "@headrace/providers/registry";
import type { Server } from "../http/uws-server.ts";
import { AccessLog } from "../observability/access-log.ts";
import { compileSnapshot } from "../snapshot/compile.ts";
import { detachedContext } from "../snapshot/detached-context.ts";
import type { Snapshot } from "../snapshot/snapshot.ts";
import { type LoopbackClient, openLoopbackClient } from "../upstream/loopback-client.ts";
import { startWarmUpProvider } from "./warm-up-provider.ts";
import { WARM_UP_WIRE_IDS, WARM_UP_WIRES, type WarmUpWireId } from "./warm-up-wires.ts";

const LOOPBACK = "127.0.0.1";
/** Enough for V8 to compile what a request runs through, measured by the tail of the first seconds. */
const ROUNDS = 120;
const REQUESTS_A_ROUND = 16;
/** Every so many rounds are streamed. */
const STREAM_EVERY = 4;
/** Every so many rounds each further wire has its turn; enough for its code to be loaded and its shapes to be known. */
const OTHERS_EVERY = 20;
const MAX_WARM_UP_MS = 1_200;
const MAIN_WIRE = "openai-chat";
const NAME = "warm-up";
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
  const wires = wiresOf(config);
  const snapshot = warmUpSnapshot(config, wires, provider.url);
  const server = createServer(() => snapshot);
  const port = await server.listen({ host: LOOPBACK, port: 0 });
  const client = openLoopbackClient({ port, key: KEY, connections: REQUESTS_A_ROUND });
  try {
    const others = otherWays(wires);
    const inTime = (): boolean => performance.now() - startedAtMs < MAX_WARM_UP_MS;
    for (let round = 0; round < ROUNDS && inTime(); round++) {
      await callOften(client, { ...MAIN_WAY, stream: round % STREAM_EVERY === 0 });
      if (round % OTHERS_EVERY !== 0) continue;
      for (const way of others)
        if (inTime()) await callOften(client, { ...way, stream: round % (2 * OTHERS_EVERY) === 0 });
    }
  } finally {
    await client.close();
    await server.drain(0);
    await Promise.all(snapshot.upstreams.map((upstream) => upstream.close()));
    await provider.close();
  }
  return performance.now() - startedAtMs;
}

/** From a client's wire to a provider's. */
interface Way {
  readonly from: WarmUpWireId;
  readonly to: WarmUpWireId;
}

const MAIN_WAY: Way = { from: MAIN_WIRE, to: MAIN_WIRE };

/** The main wire, and those of the providers that are configured: what nobody will use would only take memory. */
function wiresOf({ providers }: Config): readonly WarmUpWireId[] {
  const services = Object.values(providers).flatMap(({ adapter }) =>
    Object.keys(adapterById(adapter).services),
  );
  return WARM_UP_WIRE_IDS.filter((wire) => wire === MAIN_WIRE || services.includes(wire));
}

/** Each passed on, and the main wire's clients translated. */
function otherWays(wires: readonly WarmUpWireId[]): Way[] {
  const others = wires.filter((wire) => wire !== MAIN_WIRE);
  return others.flatMap((wire) => [
    { from: wire, to: wire },
    { from: MAIN_WIRE, to: wire },
  ]);
}

async function callOften(client: LoopbackClient, way: Way & { readonly stream: boolean }): Promise<void> {
  await Promise.all(Array.from({ length: REQUESTS_A_ROUND }, () => call(client, way)));
}

async function call(
  client: LoopbackClient,
  { from, to, stream }: Way & { readonly stream: boolean },
): Promise<void> {
  const { path, body } = WARM_UP_WIRES[from].call(to, stream);
  const status = await client.post(path, body);
  if (status !== 200)
    throw new Error(`a call of the warm-up from ${from} to ${to} was answered with ${status}`);
}

/** The config at hand with a model for each wire, on the fake provider, and nothing that would be counted or logged. */
function warmUpSnapshot(config: Config, wires: readonly WarmUpWireId[], providerUrl: string): Snapshot {
  const provider = (wire: WarmUpWireId): ProviderConfig => ({
    ...PROVIDER_DEFAULTS,
    adapter: WARM_UP_WIRES[wire].adapter,
    baseUrl: providerUrl,
    apiKey: "warm-up",
    connections: REQUESTS_A_ROUND,
  });
  const model = (wire: WarmUpWireId): ModelConfig => ({
    ...MODEL_DEFAULTS,
    targets: [{ provider: wire, model: "warm-up-model", weight: 1 }],
    retry: { ...MODEL_DEFAULTS.retry, attempts: 1, statuses: [] },
    timeouts: { connectMs: 2_000, firstByteMs: 5_000, plainFirstByteMs: 5_000, idleMs: 5_000, totalMs: null },
  });
  return compileSnapshot(
    {
      ...config,
      providers: Object.fromEntries(wires.map((wire) => [wire, provider(wire)])),
      models: Object.fromEntries(wires.map((wire) => [wire, model(wire)])),
      aliases: {},
      faults: { enabled: false, rules: [] },
      keys: [{ ...KEY_DEFAULTS, name: NAME, key: KEY }],
      auth: { mode: "keys", force: false },
    },
    detachedContext({
      access: new AccessLog({ write: () => {} }),
      keptCalls: REQUESTS_A_ROUND,
    }),
  );
}
