/** A started gateway in front of two mock providers, one that listens no more, and whatever a test adds. */
import { createServer } from "node:net";
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { type GatewayBeforeMocks, startBeforeMocks } from "./gateway-before-mocks.ts";
import { KEY, PROVIDER_KEY } from "./mock-gateway.ts";

/** What the second provider knows the model as. */
export const SECOND_MODEL = "second-model";

export interface ModelOptions {
  /** Names of providers in the order in which they are tried. */
  readonly providers: readonly string[];
  readonly retry?: { readonly attempts?: number; readonly statuses?: readonly number[] };
  readonly timeouts?: object;
}

export interface TwoProviderGateway extends GatewayBeforeMocks {
  readonly first: Mock;
  readonly second: Mock;
}

/** The providers are `first`, `second`, `gone`, and those of `further` by their base URLs. */
export async function startTwoProviderGateway(
  models: Readonly<Record<string, ModelOptions>>,
  further: Readonly<Record<string, string>> = {},
): Promise<TwoProviderGateway> {
  const [first, second] = await Promise.all([
    startMock({ requireKey: PROVIDER_KEY }),
    startMock({ requireKey: PROVIDER_KEY }),
  ]);
  const baseUrls = { first: first.url, second: second.url, gone: await freedUrl(), ...further };
  const config = configFor(models, baseUrls);
  return { first, second, ...(await startBeforeMocks([first, second], { config })) };
}

function configFor(
  models: Readonly<Record<string, ModelOptions>>,
  baseUrls: Readonly<Record<string, string>>,
): object {
  const provider = (baseUrl: string): object => ({
    adapter: "openai-compatible",
    baseUrl,
    apiKey: PROVIDER_KEY,
  });
  return {
    listen: { host: "127.0.0.1" },
    providers: mapValues(baseUrls, provider),
    models: mapValues(models, modelConfig),
    keys: [{ name: "client", key: KEY }],
  };
}

/** Each at a target of its own, so that what one test does to its target's health is no other's business. */
function modelConfig({ providers, retry = {}, timeouts = {} }: ModelOptions, name: string): object {
  return {
    strategy: { type: providers.length > 1 ? "fallback" : "single" },
    targets: providers.map((provider) => ({
      provider,
      model: provider === "second" ? SECOND_MODEL : `first-${name}`,
    })),
    retry,
    timeouts,
  };
}

function mapValues<In, Out>(
  record: Readonly<Record<string, In>>,
  map: (value: In, name: string) => Out,
): Readonly<Record<string, Out>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

/** The base URL of a provider that was there a moment ago. */
function freedUrl(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(`http://127.0.0.1:${port}/v1`));
    });
  });
}
