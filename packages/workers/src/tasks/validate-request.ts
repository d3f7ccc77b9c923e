import type { Endpoint } from "@headrace/core/adapter";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject } from "../json/decode-body.ts";

/** The field besides `model` without which an endpoint has nothing to do. */
const REQUIRED_FIELD: Readonly<Record<Endpoint, string>> = {
  chat: "messages",
  completions: "prompt",
  embeddings: "input",
};

/** @throws GatewayError `missing_field` or `invalid_field` with the field in `param`. */
export function validateRequest(endpoint: Endpoint, request: Readonly<Record<string, unknown>>): void {
  requireField(request, "model");
  if (typeof request.model !== "string" || request.model === "")
    throw invalidField("model", "a non-empty string");
  const required = REQUIRED_FIELD[endpoint];
  requireField(request, required);
  if (endpoint === "chat" && !Array.isArray(request.messages)) throw invalidField("messages", "an array");
  const { stream, stream_options: options } = request;
  if (stream !== undefined && stream !== null && typeof stream !== "boolean")
    throw invalidField("stream", "true or false");
  if (options !== undefined && options !== null && !isJsonObject(options)) {
    throw invalidField("stream_options", "an object");
  }
}

function requireField(request: Readonly<Record<string, unknown>>, name: string): void {
  if (request[name] === undefined) {
    throw new GatewayError("missing_field", { message: `The field "${name}" is missing.`, param: name });
  }
}

function invalidField(name: string, expected: string): GatewayError {
  return new GatewayError("invalid_field", {
    message: `The field "${name}" must be ${expected}.`,
    param: name,
  });
}
