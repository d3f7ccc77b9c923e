import type { Wire } from "../contract.ts";

const REQUEST_ID = "mock0000-0000-4000-8000-000000000000";

/** Cohere's sentences for the statuses its API answers with (docs "Errors"). */
const SENTENCES: Readonly<Record<number, string>> = {
  400: "invalid request: the request was malformed",
  401: "invalid api token",
  404: "model 'mock' not found, make sure the correct model ID was used and that you have access to the model.",
  429: "You are past the per minute request limit, please wait and try again later.",
  498: "invalid token",
  499: "request cancelled",
  500: "internal server error, this has been reported to our developers",
  503: "service unavailable",
};

/** What the endpoints of Cohere's second API have in common. */
export const COHERE: Wire = {
  name: "cohere",
  keyPlaces: [{ header: "authorization", prefix: "Bearer " }],
  missingKey: { status: 401, message: "no api key supplied" },
  wrongKey: { status: 401, message: "invalid api token" },
  notJson: { status: 400, message: "invalid request: the body is not valid JSON" },
  sentence: (status) => SENTENCES[status] ?? `The mock answers with status ${status}.`,
  encodeError: ({ message }) => JSON.stringify({ id: REQUEST_ID, message }),
  errorHeaders: () => [],
  streamError: ({ message }) => {
    const data = { type: "message-end", delta: { finish_reason: "ERROR", error: message } };
    return { error: [{ name: "message-end", data: JSON.stringify(data) }], closing: [] };
  },
};
