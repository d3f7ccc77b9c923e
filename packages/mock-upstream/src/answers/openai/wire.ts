import type { MockBehaviour } from "../../behaviour/fields.ts";
import { unnamed } from "../../wire/stream-format.ts";
import type { KeyPlace, Wire } from "../contract.ts";
import type { WireError } from "../refusal.ts";

type Flavour = MockBehaviour["flavour"];

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

const BEARER: KeyPlace = { header: "authorization", prefix: "Bearer " };

const OPENAI: Wire = {
  name: "openai",
  keyPlaces: [BEARER],
  missingKey: { status: 401, message: "You didn't provide an API key.", code: null },
  wrongKey: { status: 401, message: "Incorrect API key provided.", code: "invalid_api_key" },
  notJson: {
    status: 400,
    message: "We could not parse the JSON body of your request. The API expects a JSON object.",
    code: null,
  },
  sentence: (status) => wordsOf(status).message,
  encodeError: (error) => JSON.stringify({ error: openAiError(error) }),
  errorHeaders: () => [],
  streamError: (error) => ({
    error: [unnamed(JSON.stringify({ error: openAiError(error) }))],
    closing: [],
  }),
};

/** The vendors of this wire whose errors have a shape of their own. */
const ERROR_BODIES: Partial<Readonly<Record<Flavour, (error: WireError) => object>>> = {
  mistral: (error) => {
    const { message, type, param, code } = openAiError(error);
    return { object: "error", message, type, param, code };
  },
  azure: (error) => ({ error: { code: error.code ?? String(error.status), message: error.message } }),
  xai: (error) => ({ code: openAiError(error).type, error: error.message }),
  perplexity: (error) => ({
    error: { message: error.message, type: openAiError(error).type, code: error.status },
  }),
  vllm: (error) => ({ error: { ...openAiError(error), code: error.status } }),
};

const WIRES: ReadonlyMap<Flavour, Wire> = new Map(
  Object.entries(ERROR_BODIES).map(([flavour, shape]): [Flavour, Wire] => [
    flavour as Flavour,
    flavoured(shape, flavour === "azure" ? [{ header: "api-key", prefix: "" }, BEARER] : [BEARER]),
  ]),
);

/** OpenAI's wire as the flavour in force speaks it. */
export function openAiWire({ flavour }: Pick<MockBehaviour, "flavour">): Wire {
  return WIRES.get(flavour) ?? OPENAI;
}

/** OpenAI's own shape of an error. */
export function openAiError(error: WireError): {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
} {
  const words = wordsOf(error.status);
  return {
    message: error.message,
    type: error.type ?? words.type,
    param: error.param ?? null,
    code: error.code === undefined ? words.code : error.code,
  };
}

function flavoured(shape: (error: WireError) => object, keyPlaces: readonly KeyPlace[]): Wire {
  return {
    ...OPENAI,
    keyPlaces,
    encodeError: (error) => JSON.stringify(shape(error)),
    streamError: (error) => ({
      error: [unnamed(JSON.stringify(shape(error)))],
      closing: [],
    }),
  };
}

function wordsOf(status: number): { type: string; code: string | null; message: string } {
  return (
    WORDS[status] ?? {
      type: status < 500 ? "invalid_request_error" : "server_error",
      code: null,
      message: `The mock answers with status ${status}.`,
    }
  );
}
