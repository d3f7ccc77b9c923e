import type { EmbeddingRequest, EmbeddingResult } from "@headrace/core/canonical/embedding";
import type { TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { EmbeddingProviderCodec, EncodedEmbedding } from "@headrace/core/wire/embedding-codec";
import { camelFields } from "../../google/field-names.ts";
import { countOf, defined, listOf, objectOf, objectsOf } from "../../json/read.ts";
import type { GeminiEmbedDialect } from "./dialect.ts";
import { taskOfPurpose } from "./purposes.ts";

/** Fields of other wires that concern their provider alone. */
const MEANT_FOR_OTHERS: ReadonlySet<string> = new Set(["user", "metadata"]);
const COLUMN_PREFIX = /^requests\[\]\./;

/** Google's embeddings as the Gemini API speaks them, or Vertex AI; several texts in one request. */
export function geminiEmbedProvider(dialect: GeminiEmbedDialect = "gemini-api"): EmbeddingProviderCodec {
  return {
    wire: "gemini-embed",
    encodeRequest: (request, model) => encodeRequest(request, model, dialect),
    decodeResult: dialect === "vertex" ? decodePredictions : decodeEmbeddings,
  };
}

function encodeRequest(
  request: EmbeddingRequest,
  model: string,
  dialect: GeminiEmbedDialect,
): EncodedEmbedding {
  const isOwn = request.wire === "gemini-embed";
  const columns = isOwn ? Object.entries(request.extra) : [];
  const items = request.inputs.map((input, index): Item => {
    const own = columns.map(([name, values]) => [name.replace(COLUMN_PREFIX, ""), valueAt(values, index)]);
    const taskType = taskOfPurpose(request.purpose);
    const fields = { taskType, outputDimensionality: request.dimensions, ...Object.fromEntries(own) };
    return { text: demandTextInput(input), fields: defined(fields) };
  });
  const body = dialect === "vertex" ? predictBody(items) : batchBody(items, model);
  const lost = isOwn ? [] : Object.keys(request.extra).filter((name) => !MEANT_FOR_OTHERS.has(name));
  return { body, headers: [], lost };
}

interface Item {
  readonly text: string;
  readonly fields: JsonObject;
}

/** Gemini API reference, "Embeddings", "batchEmbedContents": each request names the model again. */
function batchBody(items: readonly Item[], model: string): JsonObject {
  const name = model.startsWith("models/") ? model : `models/${model}`;
  return {
    requests: items.map(({ text, fields }) => ({ ...fields, model: name, content: { parts: [{ text }] } })),
  };
}

/** Google Cloud, "Text embeddings API": the length is of the whole request there. */
function predictBody(items: readonly Item[]): JsonObject {
  const outputDimensionality = items[0]?.fields.outputDimensionality;
  const instances = items.map(({ text, fields }) =>
    defined({ content: text, task_type: fields.taskType, title: fields.title }),
  );
  return {
    instances,
    ...(outputDimensionality === undefined ? {} : { parameters: { outputDimensionality } }),
  };
}

function valueAt(values: unknown, index: number): unknown {
  return Array.isArray(values) ? values[index] : undefined;
}

function demandTextInput(input: EmbeddingRequest["inputs"][number]): string {
  if (typeof input === "string") return input;
  throw new GatewayError("invalid_field", {
    param: "input",
    message: "The model's provider embeds text, not the ids of another model's tokens.",
  });
}

function decodeEmbeddings(body: JsonObject): EmbeddingResult {
  const single = objectOf(body, "embedding");
  const embeddings = single === undefined ? objectsOf(body, "embeddings") : [single];
  const counts = camelFields(objectOf(body, "usageMetadata") ?? {});
  return resultOf(embeddings, countOf(counts, "promptTokenCount") ?? countOf(counts, "totalTokenCount"));
}

function decodePredictions(body: JsonObject): EmbeddingResult {
  const embeddings = objectsOf(body, "predictions").map(
    (prediction) => objectOf(prediction, "embeddings") ?? {},
  );
  const counts = embeddings.map((embedding) =>
    countOf(camelFields(objectOf(embedding, "statistics") ?? {}), "tokenCount"),
  );
  const known = counts.filter((count) => count !== undefined);
  return resultOf(embeddings, known.length === 0 ? undefined : known.reduce((sum, count) => sum + count));
}

function resultOf(embeddings: readonly JsonObject[], tokens: number | undefined): EmbeddingResult {
  if (embeddings.length === 0) throw invalid();
  return {
    model: "",
    vectors: embeddings.map(vectorOf),
    usage: tokens === undefined ? null : usageOf(tokens),
  };
}

function vectorOf(embedding: JsonObject): Float32Array {
  const values = listOf(embedding, "values");
  if (values === undefined || !values.every((value) => typeof value === "number")) throw invalid();
  return Float32Array.from(values);
}

function usageOf(tokens: number): TokenUsage {
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
