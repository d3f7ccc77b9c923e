import type { EmbeddingRequest, EmbeddingResult } from "@headrace/core/canonical/embedding";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import { isJsonObject, type JsonObject } from "@headrace/core/json-object";
import type { EmbeddingProviderCodec, EncodedEmbedding } from "@headrace/core/wire/embedding-codec";
import { countOf, listOf, objectOf } from "../../json/read.ts";
import { embedModel } from "./models.ts";

/** Fields of other wires that concern their provider alone. */
const MEANT_FOR_OTHERS: ReadonlySet<string> = new Set(["user", "metadata"]);

/** Embedding models behind `InvokeModel`; each vendor's has a body of its own. */
export const bedrockEmbedProvider: EmbeddingProviderCodec = {
  wire: "bedrock-embed",
  encodeRequest,
  decodeResult,
};

/** @throws GatewayError `invalid_field` for the ids of tokens, and for several texts where a model takes one */
function encodeRequest(request: EmbeddingRequest, model: string): EncodedEmbedding {
  const { maxInputs, lost, write } = embedModel(model);
  const texts = request.inputs.map(demandText);
  if (texts.length > maxInputs)
    throw new GatewayError("invalid_field", {
      param: "input",
      message: tooManyTexts(texts.length, maxInputs),
    });
  const fields = Object.keys(request.extra).filter((name) => !MEANT_FOR_OTHERS.has(name));
  const said = lost.filter((field) => request[field] !== undefined);
  return {
    body: write(texts, request),
    headers: [],
    lost: [...said.map((field) => SPELLINGS[field][request.wire] ?? field), ...fields],
  };
}

function tooManyTexts(count: number, most: number): string {
  return most === 1
    ? `The model takes one text in a request, and this one has ${count}; send each in a request of its own.`
    : `The model takes at most ${most} texts in a request, and this one has ${count}; send them in several requests.`;
}

type Spelling = Readonly<Partial<Record<EmbeddingRequest["wire"], string>>>;

const SPELLINGS: Readonly<Record<"dimensions" | "purpose", Spelling>> = {
  dimensions: { "gemini-embed": "outputDimensionality", "cohere-embed": "output_dimension" },
  purpose: { "gemini-embed": "taskType", "cohere-embed": "input_type" },
};

function demandText(input: EmbeddingRequest["inputs"][number]): string {
  if (typeof input === "string") return input;
  throw new GatewayError("invalid_field", {
    param: "input",
    message: "The model's provider embeds text, not the ids of another model's tokens.",
  });
}

/**
 * Titan answers with `embedding`, Cohere with `embeddings`, a list of vectors or lists of them by type, and Nova with
 * `embeddings`, a list of objects (Bedrock user guide, "Amazon Titan Embeddings", "Cohere Embed", Nova user guide).
 */
function decodeResult(body: JsonObject): EmbeddingResult {
  const single = listOf(body, "embedding");
  const byType = objectOf(body, "embeddings");
  const several = byType === undefined ? listOf(body, "embeddings") : listOf(byType, "float");
  const vectors = single === undefined ? several?.map(vectorOf) : [vectorOf(single)];
  if (vectors === undefined || vectors.length === 0) throw invalid();
  return { model: "", vectors, usage: usageOf(body) };
}

function vectorOf(raw: unknown): Float32Array {
  const values: unknown = isJsonObject(raw) ? raw.embedding : raw;
  if (!Array.isArray(values) || values.length === 0) throw invalid();
  if (!values.every((value): value is number => typeof value === "number")) throw invalid();
  return Float32Array.from(values);
}

/** Only Titan tells in the body; Cohere's count is in a header. */
function usageOf(body: JsonObject): TokenUsage | null {
  const tokens = countOf(body, "inputTextTokenCount");
  if (tokens === undefined) return null;
  return {
    uncachedInput: tokens,
    cacheReadInput: 0,
    cacheWrite5mInput: 0,
    cacheWrite1hInput: 0,
    visibleOutput: 0,
    reasoningOutput: 0,
  };
}

function invalid(): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: "The model provider's answer holds no embeddings.",
  });
}
