import { GatewayError } from "@headrace/core/errors/gateway-error";

/** Codes of Node and undici for an endpoint that was not reached, which is nobody's fault and may pass. */
const UNREACHED: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EPIPE",
  "ETIMEDOUT",
  "TimeoutError",
  "UND_ERR_CONNECT_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
  "UND_ERR_SOCKET",
]);
const MAX_CAUSES = 5;
const MAX_WORDS_CHARS = 300;
const HIDDEN = "***";

/**
 * The gateway's error for a token that could not be had.
 *
 * @param what - for example `an access token from Google`
 * @param secrets - taken out of the words, whoever wrote them
 */
export function tokenFailure(what: string, error: unknown, secrets: readonly string[]): GatewayError {
  const code = unreachedCode(error);
  if (code !== null)
    return new GatewayError("upstream_unreachable", {
      message: `The gateway could not get ${what}: who gives it out was not reached (${code}).`,
    });
  return new GatewayError("upstream_auth_failed", {
    message: `The gateway could not get ${what}: ${withoutSecrets(wordsOf(error), secrets)}`,
  });
}

/** The error itself stays behind: libraries put requests and keys into theirs. */
function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const words = message.replace(/\s+/g, " ").trim().slice(0, MAX_WORDS_CHARS);
  return words === "" ? "no reason was given." : /[.!?]$/.test(words) ? words : `${words}.`;
}

function withoutSecrets(words: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => (secret === "" ? text : text.replaceAll(secret, HIDDEN)), words);
}

function unreachedCode(error: unknown): string | null {
  let cause: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++) {
    const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
    if (UNREACHED.has(code)) return code;
    cause = cause.cause;
  }
  return null;
}
