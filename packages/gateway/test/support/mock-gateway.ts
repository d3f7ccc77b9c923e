/** A started gateway in front of a mock provider that lives in the test's own process. */
import { type Mock, type MockOptions, startMock } from "@headrace/mock-upstream/server";
import { type GatewayBeforeMocks, startBeforeMocks } from "./gateway-before-mocks.ts";

/** May use every model. */
export const KEY = "hr-test-key-of-the-client";
/** May use `chat` only. */
export const NARROW_KEY = "hr-test-key-for-one-model";
/** What the gateway shows to the provider. */
export const PROVIDER_KEY = "provider-key";
/** The name by which the provider knows every model of the test config. */
export const UPSTREAM_MODEL = "upstream-model";

const PROVIDER = "mock-provider";

export interface MockGatewayOptions {
  readonly mock?: MockOptions;
  /** `timeouts` of all models, over generous ones. */
  readonly timeouts?: object;
  /** Gateway processes, default 1. */
  readonly processes?: number;
  /** Further top-level keys of the config. */
  readonly config?: object;
}

export interface MockGateway extends GatewayBeforeMocks {
  readonly mock: Mock;
}

/**
 * Models: `chat`, never tried twice; `chat-retried`, tried twice; `embedder`; and the alias `fast` for `chat`.
 */
export async function startMockGateway(options: MockGatewayOptions = {}): Promise<MockGateway> {
  const mock = await startMock({ requireKey: PROVIDER_KEY, ...options.mock });
  const { processes = 1 } = options;
  const config = configFor(mock.url, options);
  return { mock, ...(await startBeforeMocks([mock], { config, processes })) };
}

function configFor(mockUrl: string, { timeouts, config }: MockGatewayOptions): object {
  const model = (attempts: number): object => ({
    targets: [{ provider: PROVIDER, model: UPSTREAM_MODEL }],
    retry: { attempts },
    timeouts: {
      connectMs: 5_000,
      firstByteMs: 10_000,
      plainFirstByteMs: 10_000,
      idleMs: 10_000,
      ...timeouts,
    },
  });
  return {
    listen: { host: "127.0.0.1" },
    providers: { [PROVIDER]: { adapter: "openai-compatible", baseUrl: mockUrl, apiKey: PROVIDER_KEY } },
    models: { chat: model(1), "chat-retried": model(2), embedder: model(1) },
    aliases: { fast: "chat" },
    keys: [
      { name: "client", key: KEY },
      { name: "narrow", key: NARROW_KEY, models: ["chat"] },
    ],
    ...config,
  };
}
