import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";

/**
 * A provider's parsed answer as its codec takes it.
 *
 * @throws GatewayError `upstream_invalid_response` for what is neither an object nor, where that is expected, a list
 */
export function demandAnswer(
  answer: unknown,
  { answersList = false }: { answersList?: boolean } = {},
): JsonObject {
  if (answersList && Array.isArray(answer)) return { results: answer };
  if (isJsonObject(answer)) return answer;
  throw new GatewayError("upstream_invalid_response", {
    message: "The model provider's answer is not a JSON object.",
  });
}
