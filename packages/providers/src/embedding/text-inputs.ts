import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import { GatewayError } from "@headrace/core/errors/gateway-error";

/**
 * The inputs for a provider that embeds nothing but text.
 *
 * @throws GatewayError `invalid_field` for the ids of tokens, which only the model that they belong to can read
 */
export function demandTexts({ inputs }: EmbeddingRequest): readonly string[] {
  return inputs.map((input) => {
    if (typeof input === "string") return input;
    throw new GatewayError("invalid_field", {
      param: "input",
      message: "The model's provider embeds text, not the ids of another model's tokens.",
    });
  });
}
