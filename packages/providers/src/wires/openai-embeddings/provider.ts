import type { EmbeddingRequest, EmbeddingResult } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import type { EmbeddingProviderCodec, EncodedEmbedding } from "@headrace/core/wire/embedding-codec";
import { EmbeddingLosses } from "../../embedding/embedding-losses.ts";
import { inputUsage, readVectors } from "../../embedding/vectors.ts";
import { countOf, objectOf, objectsOf, textOf } from "../../json/read.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";

const OWN = new Set(["user"]);

/** Embeddings of OpenAI and of the servers that follow it (OpenAI API reference, "Create embeddings"). */
export const openAiEmbeddingsProvider: EmbeddingProviderCodec = {
  wire: "openai-embeddings",
  encodeRequest,
  decodeResult,
};

function encodeRequest(request: EmbeddingRequest, model: string): EncodedEmbedding {
  const losses = new EmbeddingLosses(request);
  const own = takeOwnFields(request.extra, OWN, losses);
  if (request.purpose !== undefined) losses.field("purpose");
  const { dimensions } = request;
  const body: JsonObject = {
    ...own,
    model,
    input: request.inputs,
    ...(dimensions === undefined ? {} : { dimensions }),
  };
  return { body, headers: [], lost: losses.paths };
}

/** In the order of their indices, which is the inputs'. */
function decodeResult(body: JsonObject): EmbeddingResult {
  const items = objectsOf(body, "data").map((item, at) => ({ item, at: countOf(item, "index") ?? at }));
  const inOrder = items.toSorted((one, other) => one.at - other.at);
  const usage = objectOf(body, "usage") ?? {};
  return {
    model: textOf(body, "model") ?? "",
    vectors: readVectors(inOrder.map(({ item }) => item.embedding)),
    usage: inputUsage(countOf(usage, "prompt_tokens") ?? countOf(usage, "total_tokens")),
  };
}
