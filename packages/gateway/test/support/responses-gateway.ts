/** A started gateway for tests of stored responses, and the official client in front of it. */
import { type Mock, startMock } from "@headrace/mock-upstream/server";
import OpenAI from "openai";
import { type GatewayBeforeMocks, startBeforeMocks } from "./gateway-before-mocks.ts";
import { KEY, PROVIDER_KEY } from "./mock-gateway.ts";

/** Another client's. */
export const OTHER_KEY = "hr-test-key-of-another-client";

export interface ResponsesGateway extends GatewayBeforeMocks {
  /** Behind `anthropic`, which keeps nothing, and the first of `openai`. */
  readonly first: Mock;
  /** The second of `openai`. */
  readonly second: Mock;
  /** A client whose every call has a connection of its own, so that it may meet any process. */
  client(key?: string): OpenAI;
}

/**
 * Models: `claude` at a provider that keeps no responses; `gpt` at two that do, tried in turn; `gpt-second` at the second
 * of these alone; `mixed`, where a provider that keeps them comes before one that does not.
 */
export async function startResponsesGateway(
  processes: number,
  config: object = {},
): Promise<ResponsesGateway> {
  const [first, second] = await Promise.all([
    startMock({ requireKey: PROVIDER_KEY, behaviour: { chunks: 4 } }),
    startMock({ requireKey: PROVIDER_KEY, behaviour: { chunks: 4 } }),
  ]);
  const started = await startBeforeMocks([first, second], {
    processes,
    config: { ...configFor(first.url, second.url), ...config },
  });
  return {
    first,
    second,
    ...started,
    client: (key = KEY) =>
      new OpenAI({
        apiKey: key,
        baseURL: started.baseUrl,
        maxRetries: 0,
        defaultHeaders: { connection: "close" },
      }),
  };
}

function configFor(firstUrl: string, secondUrl: string): object {
  const provider = (adapter: string, baseUrl: string): object => ({ adapter, baseUrl, apiKey: PROVIDER_KEY });
  const gpt = (name: string): object => ({ provider: name, model: "gpt-4o" });
  const claude = { provider: "anthropic", model: "claude-sonnet-4-5" };
  const fallback = { strategy: { type: "fallback" }, retry: { attempts: 1 } };
  return {
    listen: { host: "127.0.0.1" },
    providers: {
      anthropic: provider("anthropic", firstUrl),
      "openai-1": provider("openai", firstUrl),
      "openai-2": provider("openai", secondUrl),
    },
    models: {
      claude: { targets: [claude] },
      gpt: { ...fallback, targets: [gpt("openai-1"), gpt("openai-2")] },
      "gpt-second": { targets: [gpt("openai-2")] },
      mixed: { ...fallback, targets: [gpt("openai-2"), claude] },
    },
    keys: [
      { name: "client", key: KEY },
      { name: "other", key: OTHER_KEY },
      { name: "narrow", key: "hr-test-key-for-one-model", models: ["claude"] },
    ],
  };
}

/** The bodies that a provider got, oldest first. */
export function bodiesAt(mock: Mock): Record<string, unknown>[] {
  return mock.received
    .filter(({ method }) => method === "POST")
    .map(({ bodyBytes }) => JSON.parse(bodyBytes.toString()) as Record<string, unknown>);
}

/** Asserts nothing: what an SDK's refusal says. */
export async function refusalOf(
  work: Promise<unknown>,
): Promise<{ status: unknown; code: unknown; message: string }> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    return { status: error.status, code: error.code, message: error.message };
  }
  throw new Error("it was not refused");
}
