import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ErrorCode } from "@headrace/core/errors/table";

/** What a failed connection or a broken answer means, by the code that Node or undici gives it. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["UND_ERR_CONNECT_TIMEOUT", "upstream_connect_timeout"],
  ["ETIMEDOUT", "upstream_connect_timeout"],
  ["UND_ERR_SOCKET", "upstream_cut"],
  ["UND_ERR_RES_CONTENT_LENGTH_MISMATCH", "upstream_cut"],
  ["ECONNRESET", "upstream_cut"],
  ["EPIPE", "upstream_cut"],
  ["UND_ERR_HEADERS_OVERFLOW", "upstream_invalid_response"],
  ["UND_ERR_RESPONSE", "upstream_invalid_response"],
]);

/** The gateway's error for one of undici's. The code goes into the message, the address behind it does not. */
export function upstreamFailure(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const platformCode = codeOf(error);
  if (isParserError(error, platformCode))
    return new GatewayError("upstream_invalid_response", { cause: error });
  const code = CODES.get(platformCode) ?? "upstream_unreachable";
  if (code !== "upstream_unreachable") return new GatewayError(code, { cause: error });
  return new GatewayError(code, {
    message: `The model provider could not be reached (${platformCode || "unknown cause"}).`,
    cause: error,
  });
}

/** By its name too: undici looks its code up the wrong way round and has none. */
function isParserError(error: unknown, platformCode: string): boolean {
  return platformCode.startsWith("HPE_") || (error instanceof Error && error.name === "HTTPParserError");
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  // Node tries several addresses of one host and reports them together.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return codeOf(error.cause);
}
