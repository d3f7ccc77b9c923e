import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import type { EmbeddingProviderCodec, EncodedEmbedding } from "@headrace/core/wire/embedding-codec";
import { decodeEmbeddingList } from "../../embedding/embedding-list.ts";
import { EmbeddingLosses } from "../../embedding/embedding-losses.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";

const OWN = new Set(["user"]);

/** Embeddings of OpenAI and of the servers that follow it (OpenAI API reference, "Create embeddings"). */
export const openAiEmbeddingsProvider: EmbeddingProviderCodec = {
  wire: "openai-embeddings",
  encodeRequest,
  decodeResult: decodeEmbeddingList,
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
