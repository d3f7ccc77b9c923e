import { unnamed } from "../../wire/stream-format.ts";
import type { Wire } from "../contract.ts";
import type { WireError } from "../refusal.ts";

/** Google's canonical code and sentence for a status (docs "Troubleshooting guide"). */
const WORDS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ["INVALID_ARGUMENT", "Request contains an invalid argument."],
  401: ["UNAUTHENTICATED", "Request had invalid authentication credentials."],
  403: ["PERMISSION_DENIED", "The caller does not have permission"],
  404: ["NOT_FOUND", "models/mock is not found for API version v1beta."],
  429: ["RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."],
  499: ["CANCELLED", "The operation was cancelled."],
  500: ["INTERNAL", "An internal error has occurred. Please retry."],
  503: ["UNAVAILABLE", "The model is overloaded. Please try again later."],
  504: ["DEADLINE_EXCEEDED", "Deadline expired before operation could complete."],
};
const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";
const ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo";

/** What the endpoints of Gemini and of Google's models on Vertex have in common. */
export const GEMINI: Wire = {
  name: "gemini",
  keyPlaces: [
    { header: "x-goog-api-key", prefix: "" },
    { queryParameter: "key" },
    { header: "authorization", prefix: "Bearer " },
  ],
  missingKey: {
    status: 403,
    message:
      "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  },
  wrongKey: {
    status: 400,
    message: "API key not valid. Please pass a valid API key.",
    code: "API_KEY_INVALID",
  },
  notJson: { status: 400, message: "Invalid JSON payload received. Unexpected end of string." },
  sentence: (status) => WORDS[status]?.[1] ?? `The mock answers with status ${status}.`,
  encodeError: (error) => JSON.stringify(geminiError(error)),
  errorHeaders: () => [],
  streamError: (error) => ({ error: [unnamed(JSON.stringify(geminiError(error)))], closing: [] }),
};

function geminiError(error: WireError): object {
  const { status: code, message, type } = error;
  const status = type ?? WORDS[code]?.[0] ?? (code < 500 ? "INVALID_ARGUMENT" : "INTERNAL");
  return { error: { code, message, status, ...detailsOf(error) } };
}

function detailsOf({ status, code }: WireError): object {
  if (status === 429) return { details: [{ "@type": RETRY_INFO, retryDelay: "1s" }] };
  if (code === undefined || code === null) return {};
  return { details: [{ "@type": ERROR_INFO, reason: code, domain: "googleapis.com" }] };
}
