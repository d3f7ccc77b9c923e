import type { MockBehaviour } from "../behaviour/fields.ts";

/** An error in OpenAI's shape before it is encoded. */
export interface OpenAiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** OpenAI's words for the statuses its API answers with. */
const WORDS: Readonly<Record<number, { type: string; code: string | null; message: string }>> = {
  400: { type: "invalid_request_error", code: null, message: "The request was malformed." },
  401: { type: "invalid_request_error", code: "invalid_api_key", message: "Incorrect API key provided." },
  403: {
    type: "invalid_request_error",
    code: "model_not_found",
    message: "You have no access to this model.",
  },
  404: { type: "invalid_request_error", code: "model_not_found", message: "The model does not exist." },
  408: { type: "server_error", code: "request_timeout", message: "The request timed out." },
  413: { type: "invalid_request_error", code: null, message: "The request is too large." },
  429: { type: "requests", code: "rate_limit_exceeded", message: "Rate limit reached for requests." },
  500: {
    type: "server_error",
    code: null,
    message: "The server had an error while processing your request.",
  },
  503: { type: "server_error", code: null, message: "The engine is currently overloaded." },
  529: { type: "overloaded_error", code: null, message: "Overloaded." },
};

/** JSON of an error, `{"error":{…}}`. */
export function encodeError(error: OpenAiError): string {
  return JSON.stringify({ error });
}

/** The error that a behaviour asks for, with OpenAI's words where it names none. */
export function errorOf(behaviour: MockBehaviour): OpenAiError {
  const words = WORDS[behaviour.status < 300 ? 500 : behaviour.status] ?? {
    type: behaviour.status < 500 ? "invalid_request_error" : "server_error",
    code: null,
    message: `The mock answers with status ${behaviour.status}.`,
  };
  return {
    message: behaviour.errorMessage || words.message,
    type: behaviour.errorType || words.type,
    param: null,
    code: behaviour.errorCode || words.code,
  };
}

/** A request that the mock itself refuses. */
export function invalidRequest(message: string, param: string | null, code: string | null): OpenAiError {
  return { message, type: "invalid_request_error", param, code };
}
