/** A started gateway in front of a mock of ElevenLabs, and one of OpenAI to fall back to. */
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import { type GatewayBeforeMocks, startBeforeMocks } from "./gateway-before-mocks.ts";
import { KEY, PROVIDER_KEY } from "./mock-gateway.ts";

/** What ElevenLabs knows every model as. */
export const ELEVEN_MODEL = "eleven-model";
export const FALLBACK_MODEL = "fallback-model";

export interface ElevenLabsGateway extends GatewayBeforeMocks {
  readonly eleven: Mock;
  readonly fallback: Mock;
}

/**
 * Models: `voice`, never tried twice; `retried`, tried twice; `strict`, which wants all parameters taken; `strict-first`, the
 * same with a fallback; `first`, with a fallback for all else.
 */
export async function startElevenLabsGateway(): Promise<ElevenLabsGateway> {
  const [eleven, fallback] = await Promise.all([
    startMock({ requireKey: PROVIDER_KEY }),
    startMock({ requireKey: PROVIDER_KEY }),
  ]);
  const config = configFor(eleven.url, fallback.url);
  return { eleven, fallback, ...(await startBeforeMocks([eleven, fallback], { config })) };
}

function configFor(elevenUrl: string, fallbackUrl: string): object {
  const eleven = { adapter: "elevenlabs", baseUrl: elevenUrl, apiKey: PROVIDER_KEY };
  const targetOf = (provider: string): object => ({
    provider,
    model: provider === "openai" ? FALLBACK_MODEL : ELEVEN_MODEL,
  });
  const model = (attempts: number, ...providers: readonly string[]): object => ({
    strategy: { type: providers.length > 1 ? "fallback" : "single" },
    targets: providers.map(targetOf),
    retry: { attempts },
    timeouts: { connectMs: 5_000, firstByteMs: 10_000, plainFirstByteMs: 10_000, idleMs: 10_000 },
  });
  return {
    listen: { host: "127.0.0.1" },
    providers: {
      eleven,
      strict: { ...eleven, unsupportedParams: "reject" },
      openai: { adapter: "openai", baseUrl: fallbackUrl, apiKey: PROVIDER_KEY },
    },
    models: {
      voice: model(1, "eleven"),
      retried: model(2, "eleven"),
      strict: model(1, "strict"),
      "strict-first": model(1, "strict", "openai"),
      first: model(1, "eleven", "openai"),
    },
    keys: [{ name: "client", key: KEY }],
  };
}
