/** A started gateway in front of several mock providers, with whatever models a test is about. */
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { type GatewayBeforeMocks, startBeforeMocks } from "./gateway-before-mocks.ts";
import { askChat } from "./good-call.ts";
import type { RawAnswer } from "./http-connection.ts";
import { KEY, PROVIDER_KEY } from "./mock-gateway.ts";

export interface RoutedGatewayOptions {
  /** Names of the providers, each a mock of its own. */
  readonly providers: readonly string[];
  /** Adapters other than `openai-compatible`, by the provider's name, and where their API begins on the mock. */
  readonly adapters?: Readonly<Record<string, { readonly adapter: string; readonly path: string }>>;
  /** As in the config. */
  readonly models: object;
  /** Over each provider's config. */
  readonly provider?: object;
  /** Further top-level keys of the config. */
  readonly config?: object;
  readonly processes?: number;
}

export interface RoutedGateway extends GatewayBeforeMocks {
  mock(name: string): Mock;
  /** A chat call of one message. */
  ask(model: string, fields?: object, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  /** Forgets what the mocks have seen, and their faults. */
  clear(): void;
}

export async function startRoutedGateway(options: RoutedGatewayOptions): Promise<RoutedGateway> {
  const { providers, adapters = {}, models, provider = {}, config = {}, processes = 1 } = options;
  const mocks = new Map<string, Mock>();
  for (const name of providers) mocks.set(name, await startMock({ requireKey: PROVIDER_KEY }));
  const entries = [...mocks].map(([name, { port }]) => {
    const { adapter, path } = adapters[name] ?? { adapter: "openai-compatible", path: "/v1" };
    const baseUrl = `http://127.0.0.1:${port}${path}`;
    return [name, { adapter, baseUrl, apiKey: PROVIDER_KEY, ...provider }] as const;
  });
  const started = await startBeforeMocks([...mocks.values()], {
    config: {
      listen: { host: "127.0.0.1" },
      providers: Object.fromEntries(entries),
      models,
      keys: [{ name: "client", key: KEY }],
      ...config,
    },
    processes,
  });
  return {
    ...started,
    mock(name) {
      const mock = mocks.get(name);
      if (mock === undefined) throw new Error(`there is no mock ${name}`);
      return mock;
    },
    ask: (model, fields, headers) => askChat(started.gateway.port, { model, ...fields }, headers),
    clear() {
      for (const mock of mocks.values()) mock.clear();
    },
  };
}
