import type { Wire } from "../contract.ts";
import type { WireError } from "../refusal.ts";

const REQUEST_ID = "req_mock000000000000000000";

/** Anthropic's words for the statuses its API answers with (docs "Errors"). */
const WORDS: Readonly<Record<number, readonly [type: string, message: string]>> = {
  400: ["invalid_request_error", "The request was malformed."],
  401: ["authentication_error", "invalid x-api-key"],
  403: ["permission_error", "Your API key does not have permission to use the specified resource."],
  404: ["not_found_error", "model: mock"],
  413: ["request_too_large", "Request exceeds the maximum size"],
  429: ["rate_limit_error", "This request would exceed your organization's rate limit."],
  500: ["api_error", "Internal server error"],
  504: ["timeout_error", "The request timed out."],
  529: ["overloaded_error", "Overloaded"],
};

/** What the endpoints of Anthropic's API have in common. */
export const ANTHROPIC: Wire = {
  name: "anthropic",
  keyPlaces: [
    { header: "x-api-key", prefix: "" },
    { header: "authorization", prefix: "Bearer " },
  ],
  missingKey: { status: 401, message: "x-api-key header is required" },
  wrongKey: { status: 401, message: "invalid x-api-key" },
  notJson: { status: 400, message: "The request body is not valid JSON." },
  sentence: (status) => WORDS[status]?.[1] ?? `The mock answers with status ${status}.`,
  encodeError: (error) => JSON.stringify(anthropicError(error)),
  errorHeaders: () => [["request-id", REQUEST_ID]],
  streamError: (error) => {
    const { request_id: _, ...event } = anthropicError(error);
    return { error: [{ name: "error", data: JSON.stringify(event) }], closing: [] };
  },
};

function anthropicError(error: WireError): {
  readonly type: "error";
  readonly error: { readonly type: string; readonly message: string };
  readonly request_id: string;
} {
  const type =
    error.type ?? WORDS[error.status]?.[0] ?? (error.status < 500 ? "invalid_request_error" : "api_error");
  return { type: "error", error: { type, message: error.message }, request_id: REQUEST_ID };
}
