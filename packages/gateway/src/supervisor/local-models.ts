import { MODEL_DEFAULTS, PROVIDER_DEFAULTS } from "@headrace/core/config/defaults";
import type { Config, ModelConfig, ProviderConfig } from "@headrace/core/config/types";
import { LOCAL_SERVERS, type LocalServer } from "@headrace/providers/local-servers";
import { getJson } from "../upstream/get-json.ts";

/** A server that answered, and what it serves. */
export interface FoundServer {
  readonly server: LocalServer;
  readonly models: readonly string[];
}

const LOOPBACK = "127.0.0.1";
/** What is on this machine answers at once. */
const ASK_TIMEOUT_MS = 1_000;
const MAX_LIST_BYTES = 4 * 1024 * 1024;
const MAX_MODELS = 500;
/** What the config's own model names may be made of. */
const MODEL_NAME = /^[A-Za-z0-9@][A-Za-z0-9._:/@+-]{0,180}$/;

const MODEL_POLICY: Omit<ModelConfig, "targets"> = {
  ...MODEL_DEFAULTS,
  retry: { ...MODEL_DEFAULTS.retry, attempts: 1, statuses: [503] },
  // A model may first have to be loaded.
  timeouts: { ...MODEL_DEFAULTS.timeouts, firstByteMs: 120_000 },
};

/** Asks every place where a model server may listen, but for the gateway's own ports. */
export async function findLocalServers(
  { listen, admin }: Config,
  servers: readonly LocalServer[] = LOCAL_SERVERS,
): Promise<readonly FoundServer[]> {
  const others = servers.filter(({ port }) => port !== listen.port && port !== admin.port);
  const found = await Promise.all(others.map(ask));
  return found.filter((one) => one !== null);
}

/** The config with the servers' models, each as `<adapter>/<model>`. What the config itself says is left as it is. */
export function withLocalModels(config: Config, found: readonly FoundServer[]): Config {
  const providers: Record<string, ProviderConfig> = { ...config.providers };
  const models: Record<string, ModelConfig> = { ...config.models };
  for (const { server, models: names } of found) {
    const { adapter, port, basePath } = server;
    if (Object.hasOwn(config.providers, adapter)) continue;
    const baseUrl = `http://${LOOPBACK}:${port}${basePath}`;
    providers[adapter] = { ...PROVIDER_DEFAULTS, adapter, baseUrl };
    for (const model of names) {
      const name = `${adapter}/${model}`;
      if (Object.hasOwn(config.models, name) || Object.hasOwn(config.aliases, name)) continue;
      models[name] = { ...MODEL_POLICY, targets: [{ provider: adapter, model, weight: 1 }] };
    }
  }
  return { ...config, providers, models };
}

/** Null where nobody answers, or somebody else. */
async function ask(server: LocalServer): Promise<FoundServer | null> {
  const url = `http://${LOOPBACK}:${server.port}${server.modelsPath}`;
  const list = await getJson(url, { timeoutMs: ASK_TIMEOUT_MS, maxBytes: MAX_LIST_BYTES });
  const models = list === null ? null : server.readModels(list);
  if (models === null) return null;
  return { server, models: models.filter((name) => MODEL_NAME.test(name)).slice(0, MAX_MODELS) };
}
