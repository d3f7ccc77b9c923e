import type { Config, ProviderConfig } from "@headrace/core/config/types";
import type { Mock } from "@headrace/mock-upstream/server";

/** A config whose mock providers have an address, and the fake provider behind it, if one is needed. */
export interface WithMock {
  readonly config: Config;
  readonly mock: Mock | null;
}

/** Starts the fake provider for a config that names one and fills in its address. */
export async function embedMock(config: Config, running: Mock | null): Promise<WithMock> {
  const wanted = Object.values(config.providers).some(isEmbedded);
  if (!wanted) return { config, mock: running };
  const mock = running ?? (await startEmbeddedMock());
  const providers = Object.fromEntries(
    Object.entries(config.providers).map(([name, provider]) => {
      return [name, isEmbedded(provider) ? { ...provider, baseUrl: mock.url } : provider];
    }),
  );
  return { config: { ...config, providers }, mock };
}

/** Loaded here: a gateway with real providers never needs it. */
async function startEmbeddedMock(): Promise<Mock> {
  const { startMock } = await import("@headrace/mock-upstream/server");
  return startMock({ record: 0 });
}

function isEmbedded({ adapter, baseUrl }: ProviderConfig): boolean {
  return adapter === "mock" && baseUrl === undefined;
}
