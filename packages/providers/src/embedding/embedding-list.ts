import type { EmbeddingResult } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import { countOf, objectOf, objectsOf, textOf } from "../json/read.ts";
import { inputUsage, readVectors } from "./vectors.ts";

/**
 * A list of embeddings as OpenAI answers it, and those who follow its shape; in the order of their indices, which is the
 * inputs'.
 *
 * @throws GatewayError `upstream_invalid_response` where there are none
 */
export function decodeEmbeddingList(body: JsonObject): EmbeddingResult {
  const items = objectsOf(body, "data").map((item, at) => ({ item, at: countOf(item, "index") ?? at }));
  const inOrder = items.toSorted((one, other) => one.at - other.at);
  const usage = objectOf(body, "usage") ?? {};
  return {
    model: textOf(body, "model") ?? "",
    vectors: readVectors(inOrder.map(({ item }) => item.embedding)),
    usage: inputUsage(countOf(usage, "prompt_tokens") ?? countOf(usage, "total_tokens")),
  };
}
