import type { GatewayError } from "@headrace/core/errors/gateway-error";
import type { ClientWire } from "@headrace/core/wire/client-wire";
import { statusName } from "./error-status.ts";

const DETAIL_TYPE = "type.googleapis.com/google.rpc";
/** Whose reasons these are, as Google's services name themselves by their domain. */
const DOMAIN = "headrace";

/** What the gateway itself says to clients of Google's SDKs. */
export const geminiClientWire: ClientWire = {
  encodeError,
  encodeStreamError(error, requestId) {
    return `data: ${encodeError(error, requestId)}\r\n\r\n`;
  },
  // A blank line: Google's SDK for Python takes a comment for a broken answer.
  keepAlive: "\r\n",
  // For the same reason; and the one for JavaScript forgets a turn in which a chunk has no candidates.
  closingMember: '"finishReason":',
};

/** Source: Google AIP-193, "Errors", "HTTP/1.1+JSON representation", and google/rpc/error_details.proto. */
function encodeError(error: GatewayError, requestId: string): string {
  const { code, status, message, param, retryAfterMs } = error;
  const details: object[] = [
    { "@type": `${DETAIL_TYPE}.ErrorInfo`, reason: code.toUpperCase(), domain: DOMAIN },
    { "@type": `${DETAIL_TYPE}.RequestInfo`, requestId },
  ];
  if (param !== null)
    details.push({
      "@type": `${DETAIL_TYPE}.BadRequest`,
      fieldViolations: [{ field: param, description: message }],
    });
  if (retryAfterMs !== undefined)
    details.push({ "@type": `${DETAIL_TYPE}.RetryInfo`, retryDelay: `${retryAfterMs / 1000}s` });
  return JSON.stringify({ error: { code: status, message, status: statusName(status), details } });
}
