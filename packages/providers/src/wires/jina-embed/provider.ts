import type { EmbeddingRequest } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import type { EmbeddingProviderCodec, EncodedEmbedding } from "@headrace/core/wire/embedding-codec";
import { decodeEmbeddingList } from "../../embedding/embedding-list.ts";
import { EmbeddingLosses } from "../../embedding/embedding-losses.ts";
import { demandTexts } from "../../embedding/text-inputs.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";
import { type EmbedDialect, JINA_EMBED } from "./dialect.ts";

/** Embeddings of Jina, or of another who differs from OpenAI in names. */
export function jinaEmbedProvider(dialect: EmbedDialect = JINA_EMBED): EmbeddingProviderCodec {
  return {
    wire: "openai-embeddings",
    encodeRequest: (request, model) => encodeRequest(request, model, dialect),
    decodeResult: decodeEmbeddingList,
  };
}

/** @throws GatewayError `invalid_field` for the ids of tokens */
function encodeRequest(request: EmbeddingRequest, model: string, dialect: EmbedDialect): EncodedEmbedding {
  const losses = new EmbeddingLosses(request);
  const own = takeOwnFields(request.extra, dialect.own, losses);
  const { purpose, dimensions, encoding } = request;
  const named = purpose === undefined ? undefined : dialect.purposes[purpose];
  if (purpose !== undefined && named === undefined) losses.field("purpose");
  const numbers = dialect.numberType === null ? undefined : own[dialect.numberType];
  const floats = numbers === undefined || numbers === "float";
  const body: JsonObject = {
    ...(named === undefined ? {} : { [dialect.purpose]: named }),
    ...own,
    model,
    input: demandTexts(request),
    ...(dimensions === undefined ? {} : { [dialect.dimensions]: dimensions }),
    ...(encoding === "base64" && floats ? dialect.base64 : {}),
  };
  return { body, headers: [], lost: losses.paths };
}
