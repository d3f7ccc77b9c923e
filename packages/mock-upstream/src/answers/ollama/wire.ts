import { unnamed } from "../../wire/stream-format.ts";
import type { Wire } from "../contract.ts";

const SENTENCES: Readonly<Record<number, string>> = {
  400: "invalid request",
  401: "unauthorized",
  404: 'model "mock" not found, try pulling it first',
  500: "llama runner process has terminated",
  503: "server busy, please try again.  maximum pending requests exceeded",
};

/** What the endpoints of Ollama's own API have in common. */
export const OLLAMA: Wire = {
  name: "ollama",
  keyPlaces: [{ header: "authorization", prefix: "Bearer " }],
  missingKey: { status: 401, message: "unauthorized" },
  wrongKey: { status: 401, message: "unauthorized" },
  notJson: { status: 400, message: "invalid character 'x' looking for beginning of value" },
  sentence: (status) => SENTENCES[status] ?? `The mock answers with status ${status}.`,
  encodeError: ({ message }) => JSON.stringify({ error: message }),
  errorHeaders: () => [],
  streamError: ({ message }) => ({ error: [unnamed(JSON.stringify({ error: message }))], closing: [] }),
};
