import type { Endpoint } from "@headrace/core/endpoints";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { type RequestProblem, validateRequest } from "@headrace/core/requests/validate";

/** @throws GatewayError `missing_field` or `invalid_field` with the field in `param`. */
export function assertValidRequest(endpoint: Endpoint, request: unknown): void {
  assertNoProblem(validateRequest(endpoint, request));
}

/** @throws GatewayError that says the problem, if there is one. */
export function assertNoProblem(problem: RequestProblem | null): void {
  if (problem === null) return;
  const { code, message, param } = problem;
  throw new GatewayError(code, { message, param });
}
