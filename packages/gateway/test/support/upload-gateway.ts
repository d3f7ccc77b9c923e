/** A started gateway for calls that are only passed on: two providers, one of which serves few of them. */
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { startBeforeMocks } from "./gateway-before-mocks.ts";
import { KEY, type MockGateway, NARROW_KEY, PROVIDER_KEY, UPSTREAM_MODEL } from "./mock-gateway.ts";

export interface UploadGatewayOptions {
  /** Where the full provider is; a mock when absent. */
  readonly providerUrl?: string;
  readonly limits?: object;
}

/**
 * Models: `chat`, never tried twice, which the narrow key may use; `retried`, tried twice; `unserved`, on a provider that
 * neither varies images nor keeps files; `both`, there first; `impatient`, which waits for half a second. The alias `fast` is `chat`.
 */
export async function startUploadGateway(options: UploadGatewayOptions = {}): Promise<MockGateway> {
  const mock = await startMock({ requireKey: PROVIDER_KEY });
  return { mock, ...(await startBeforeMocks([mock], { config: configFor(mock, options) })) };
}

function configFor(mock: Mock, { providerUrl = mock.url, limits = {} }: UploadGatewayOptions): object {
  const provider = (adapter: string, baseUrl: string): object => ({ adapter, baseUrl, apiKey: PROVIDER_KEY });
  const model = (attempts: number, ...providers: readonly string[]): object => ({
    strategy: { type: providers.length > 1 ? "fallback" : "single" },
    targets: providers.map((name) => ({ provider: name, model: UPSTREAM_MODEL })),
    retry: { attempts },
    timeouts: {
      connectMs: 5_000,
      firstByteMs: 10_000,
      plainFirstByteMs: 10_000,
      idleMs: 10_000,
    },
  });
  return {
    listen: { host: "127.0.0.1" },
    limits,
    drainTimeoutMs: 300,
    providers: {
      few: provider("mistral", mock.url),
      "mock-provider": provider("openai-compatible", providerUrl),
    },
    models: {
      chat: model(1, "mock-provider"),
      retried: model(2, "mock-provider"),
      impatient: { ...model(1, "mock-provider"), timeouts: { idleMs: 500, plainFirstByteMs: 500 } },
      unserved: model(1, "few"),
      both: model(1, "few", "mock-provider"),
    },
    aliases: { fast: "chat" },
    keys: [
      { name: "client", key: KEY },
      { name: "narrow", key: NARROW_KEY, models: ["chat"] },
    ],
  };
}
