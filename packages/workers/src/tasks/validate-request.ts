import type { Endpoint } from "@headrace/core/adapter";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import {
  type RequestProblem,
  validateChatRequest,
  validateCompletionRequest,
  validateEmbeddingRequest,
} from "@headrace/core/requests/validate";

/** Names the first field of a body that is missing or wrong. */
export type RequestValidator = (body: unknown) => RequestProblem | null;

const VALIDATORS: Readonly<Record<Endpoint, RequestValidator>> = {
  chat: validateChatRequest,
  completions: validateCompletionRequest,
  embeddings: validateEmbeddingRequest,
};

/** @throws GatewayError `missing_field` or `invalid_field` with the field in `param`. */
export function assertValidRequest(endpoint: Endpoint, request: unknown): void {
  assertValid(VALIDATORS[endpoint], request);
}

/** The same with a given validator. */
export function assertValid(validate: RequestValidator, request: unknown): void {
  const problem = validate(request);
  if (problem === null) return;
  const { code, message, param } = problem;
  throw new GatewayError(code, { message, param });
}
