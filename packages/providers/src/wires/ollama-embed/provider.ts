import type { EmbeddingRequest, EmbeddingResult } from "@headrace/core/canonical/embedding";
import type { JsonObject } from "@headrace/core/json-object";
import type { EmbeddingProviderCodec, EncodedEmbedding } from "@headrace/core/wire/embedding-codec";
import { EmbeddingLosses } from "../../embedding/embedding-losses.ts";
import { demandTexts } from "../../embedding/text-inputs.ts";
import { inputUsage, readVectors } from "../../embedding/vectors.ts";
import { countOf, defined, listOf, textOf } from "../../json/read.ts";
import { takeOwnFields } from "../../translation/own-fields.ts";

/** Ollama's own embeddings, which can do more than its OpenAI-compatible ones: `truncate`, `keep_alive`, options. */
export const ollamaEmbedProvider: EmbeddingProviderCodec = {
  wire: "ollama-embed",
  encodeRequest,
  decodeResult,
};

/** Ollama API reference, "Generate embeddings": what only Ollama has. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["truncate", "keep_alive", "options"]);

/** @throws GatewayError `invalid_field` for the ids of tokens */
function encodeRequest(request: EmbeddingRequest, model: string): EncodedEmbedding {
  const losses = new EmbeddingLosses(request);
  const own = takeOwnFields(request.extra, OWN_FIELDS, losses);
  // Models want it said in the text itself, each in its own words.
  if (request.purpose !== undefined) losses.field("purpose");
  const { dimensions } = request;
  const body = { ...own, model, input: demandTexts(request), ...defined({ dimensions }) };
  return { body, headers: [], lost: losses.paths };
}

function decodeResult(body: JsonObject): EmbeddingResult {
  return {
    model: textOf(body, "model") ?? "",
    vectors: readVectors(listOf(body, "embeddings")),
    usage: inputUsage(countOf(body, "prompt_eval_count")),
  };
}
