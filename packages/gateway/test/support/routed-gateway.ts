/** A started gateway in front of several mock providers, with whatever models a test is about. */
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { chatRequest } from "./good-call.ts";
import { HttpConnection, type RawAnswer } from "./http-connection.ts";
import type { LogLine } from "./log-tail.ts";
import { KEY, PROVIDER_KEY } from "./mock-gateway.ts";
import { type StartedGateway, startGateway } from "./started-gateway.ts";

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

export interface RoutedGateway {
  readonly gateway: StartedGateway;
  mock(name: string): Mock;
  /** A chat call of one message. */
  ask(model: string, fields?: object, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  logOf(requestId: string | null | undefined): Promise<LogLine>;
  /** Forgets what the mocks have seen, and their faults. */
  clear(): void;
  close(): Promise<void>;
}

export async function startRoutedGateway(options: RoutedGatewayOptions): Promise<RoutedGateway> {
  const { providers, adapters = {}, models, provider = {}, config = {}, processes = 1 } = options;
  const mocks = new Map<string, Mock>();
  for (const name of providers) mocks.set(name, await startMock({ requireKey: PROVIDER_KEY }));
  const closeMocks = async (): Promise<void> => {
    await Promise.all([...mocks.values()].map((mock) => mock.close()));
  };
  const entries = [...mocks].map(([name, { port }]) => {
    const { adapter, path } = adapters[name] ?? { adapter: "openai-compatible", path: "/v1" };
    const baseUrl = `http://127.0.0.1:${port}${path}`;
    return [name, { adapter, baseUrl, apiKey: PROVIDER_KEY, ...provider }] as const;
  });
  const gateway = await startGateway({
    config: {
      listen: { host: "127.0.0.1" },
      providers: Object.fromEntries(entries),
      models,
      keys: [{ name: "client", key: KEY }],
      ...config,
    },
    processes,
  }).catch(async (error: unknown) => {
    await closeMocks(); // or the test run would never end
    throw error;
  });
  return {
    gateway,
    mock(name) {
      const mock = mocks.get(name);
      if (mock === undefined) throw new Error(`there is no mock ${name}`);
      return mock;
    },
    async ask(model, fields = {}, headers = {}) {
      const connection = await HttpConnection.open(gateway.port);
      const body = JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }], ...fields });
      const answer = await connection.ask(chatRequest({ body, headers }));
      await connection.close();
      return answer;
    },
    logOf: (requestId) =>
      gateway.waitForLog((line) => line.msg === "request" && line.requestId === requestId),
    clear() {
      for (const mock of mocks.values()) mock.clear();
    },
    async close() {
      try {
        await gateway.stop();
      } finally {
        await closeMocks();
      }
    },
  };
}
