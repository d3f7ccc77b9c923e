/** What a limit counts. tokens = of the input, or of input and output together. */
export type QuotaKind = "requests" | "tokens" | "outputTokens";

/**
 * How a limit comes back. gradually = a token bucket: its reset is when it will be full again, and some of it is
 * there long before; at-reset = all at once, when its window ends.
 */
export type Refill = "gradually" | "at-reset";

/** The headers in which one limit is told, names in lower case. */
export interface HeaderFamily {
  readonly kind: QuotaKind;
  readonly refill: Refill;
  readonly limit: string;
  readonly remaining: string;
  readonly reset: string;
}

function family(kind: QuotaKind, refill: Refill, pattern: string): HeaderFamily {
  const name = (part: string): string => pattern.replace("*", part);
  return { kind, refill, limit: name("limit"), remaining: name("remaining"), reset: name("reset") };
}

/**
 * The families in use, by who sends them (`*` stands for limit, remaining and reset):
 *
 * - `x-ratelimit-*-requests|tokens`: OpenAI (platform.openai.com/docs/guides/rate-limits: `reset` is the "time until
 *   the rate limit resets to its initial state", as "1s", "6m0s", "12ms"), Groq (console.groq.com/docs/rate-limits:
 *   "2m59.56s" beside 14,370 of 14,400 a day, so it refills gradually), Azure, which sends no limit and no reset on
 *   200 (EvolvingPrograms/oaib#11), seconds ("55") or -1 for all (openai/openai-dotnet#838), and many that copy them.
 * - `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-*`: docs.anthropic.com/en/api/rate-limits; a
 *   token bucket, `reset` in RFC 3339 is "when it will be fully replenished".
 * - `x-ratelimit-*-{requests,tokens}-{minute,hour,day}`: Cerebras
 *   (inference-docs.cerebras.ai/support/rate-limits: seconds, "33011.382867097855"); Mistral sends
 *   `-tokens-minute` and `-req-minute`, both without a reset (mistralai/client-ts#169), and older
 *   `ratelimitbysize-*` in tokens and seconds.
 * - `x-ratelimit-*-tokens-{prompt,generated}`: Fireworks, without a reset.
 * - `x-ratelimit-*`: OpenRouter, epoch milliseconds (Gitlawb/openclaude#936), Together, seconds
 *   (support.together.ai/en/articles/8988956-rate-limits), which also sends `x-tokenlimit-limit|remaining`.
 * - `ratelimit-*`: draft-ietf-httpapi-ratelimit-headers-02 to -06, seconds. Its later form, one `ratelimit` field, is
 *   read by readRateLimits itself.
 */
export const HEADER_FAMILIES: readonly HeaderFamily[] = [
  family("requests", "gradually", "x-ratelimit-*-requests"),
  family("tokens", "gradually", "x-ratelimit-*-tokens"),
  family("requests", "gradually", "anthropic-ratelimit-requests-*"),
  family("tokens", "gradually", "anthropic-ratelimit-tokens-*"),
  family("tokens", "gradually", "anthropic-ratelimit-input-tokens-*"),
  family("outputTokens", "gradually", "anthropic-ratelimit-output-tokens-*"),
  family("requests", "at-reset", "x-ratelimit-*-requests-minute"),
  family("requests", "at-reset", "x-ratelimit-*-requests-hour"),
  family("requests", "at-reset", "x-ratelimit-*-requests-day"),
  family("requests", "at-reset", "x-ratelimit-*-req-minute"),
  family("tokens", "at-reset", "x-ratelimit-*-tokens-minute"),
  family("tokens", "at-reset", "x-ratelimit-*-tokens-hour"),
  family("tokens", "at-reset", "x-ratelimit-*-tokens-day"),
  family("tokens", "at-reset", "ratelimitbysize-*"),
  family("tokens", "at-reset", "x-ratelimit-*-tokens-prompt"),
  family("outputTokens", "at-reset", "x-ratelimit-*-tokens-generated"),
  family("requests", "at-reset", "x-ratelimit-*"),
  family("tokens", "at-reset", "x-tokenlimit-*"),
  family("requests", "at-reset", "ratelimit-*"),
];
