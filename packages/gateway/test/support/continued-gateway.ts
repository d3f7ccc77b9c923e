/** A gateway whose models go on with texts that break off, and providers that break off where a test says. */
import assert from "node:assert/strict";
import { type RoutedGateway, startRoutedGateway } from "./routed-gateway.ts";

export const WHOLE =
  "The channel carries water from the pond to the wheel, and every turn of it is counted with care.";
/** In which the providers say it. */
export const PIECES = 10;

export function startContinuedGateway(): Promise<RoutedGateway> {
  const model = (name: string, providers: readonly string[], more: object = {}): object => ({
    strategy: { type: "fallback" },
    targets: providers.map((provider) => ({ provider, model: name })),
    retry: { attempts: 1 },
    continuation: true,
    ...more,
  });
  return startRoutedGateway({
    providers: ["a", "vllm", "mistral", "claude", "gemini", "plain"],
    adapters: {
      a: { adapter: "openai", path: "/v1" },
      vllm: { adapter: "vllm", path: "/v1" },
      mistral: { adapter: "mistral", path: "/v1" },
      claude: { adapter: "anthropic", path: "/v1" },
      gemini: { adapter: "gemini", path: "/v1beta" },
    },
    // One test's failures are no other's business.
    provider: { breaker: { enabled: false } },
    models: {
      chat: model("chat", ["a", "vllm"]),
      echoed: model("echoed", ["a", "mistral"]),
      "claude-sonnet-4-5": model("claude-sonnet-4-5", ["a", "claude"]),
      "claude-opus-4-6": model("claude-opus-4-6", ["a", "claude"]),
      "gemini-2.5-flash": model("gemini-2.5-flash", ["a", "gemini"]),
      chain: model("chain", ["a", "vllm", "mistral"]),
      nobody: model("nobody", ["a", "plain"]),
      slow: model("slow", ["a", "vllm"], { stall: { minTokensPerSecond: 20, afterMs: 400 } }),
      quiet: model("quiet", ["a", "vllm"], { timeouts: { idleMs: 300 } }),
      copied: model("copied", ["a", "vllm"], {
        shadow: { target: { provider: "plain", model: "copy" }, sample: 1 },
      }),
      off: model("off", ["a", "vllm"], { continuation: false }),
      few: model("few", ["a", "vllm"], { retry: { attempts: 1, maxTries: 1 } }),
    },
  });
}

/** What the mock says until it breaks off after so many pieces of text. */
export function firstHalf(pieces: number): string {
  return WHOLE.slice(0, Math.ceil(WHOLE.length / PIECES) * pieces);
}

/** Makes `a` break off after so many pieces, and `other` say what is left. */
export function breakAfter(
  up: RoutedGateway,
  pieces: number,
  other: string,
  content = WHOLE.slice(firstHalf(pieces).trimEnd().length),
): string {
  // The first event of this wire is the role.
  up.mock("a").setFaults({ content: WHOLE, chunks: PIECES, cutAfterEvents: pieces + 1 });
  up.mock(other).setFaults({ content, chunks: PIECES });
  return firstHalf(pieces);
}

/** What a provider was asked last. */
export function bodyAt(
  up: RoutedGateway,
  provider: string,
): { messages: Record<string, unknown>[] } & Record<string, unknown> {
  const received = up.mock(provider).received.at(-1);
  assert.ok(received !== undefined, `${provider} was not asked`);
  return JSON.parse(received.bodyBytes.toString());
}
