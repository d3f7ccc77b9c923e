import { answerId } from "../answer-id.ts";
import type { Call, JsonEndpoint, PlainAnswer } from "../contract.ts";
import { numberOf, objectsOf, stringOf, textOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { rank } from "../relevance.ts";
import { base64Of, unitVector } from "../vectors.ts";
import { COHERE } from "./wire.ts";

const DEFAULT_DIMENSIONS = 1_536;
const DIMENSIONS: readonly number[] = [256, 512, 1_024, 1_536];
const VERSION = { api_version: { version: "2" } };

/** `POST /v2/embed`. */
export const COHERE_EMBED: JsonEndpoint = {
  kind: "json",
  name: "cohere-embed",
  wire: () => COHERE,
  needsTarget: false,
  answer: embedAnswer,
};

/** `POST /v2/rerank`. */
export const COHERE_RERANK: JsonEndpoint = {
  kind: "json",
  name: "cohere-rerank",
  wire: () => COHERE,
  needsTarget: false,
  answer: rerankAnswer,
};

/** The forms of a vector that `embedding_types` can ask for. */
const FORMS: Readonly<Record<string, (vector: Float32Array) => unknown>> = {
  float: (vector) => Array.from(vector),
  base64: base64Of,
  int8: (vector) => Array.from(vector, (value) => Math.round(value * 127)),
  uint8: (vector) => Array.from(vector, (value) => Math.round(value * 127) + 128),
  binary: (vector) => bitsOf(vector).map((byte) => byte - 128),
  ubinary: (vector) => bitsOf(vector),
};

function embedAnswer({ body, behaviour }: Call): PlainAnswer | Refusal {
  if (typeof body.model !== "string") return refuse("invalid request: model is required");
  if (typeof body.input_type !== "string") {
    return refuse("invalid request: valid input_type must be provided with the provided model");
  }
  const texts = textsOf(body);
  if (texts.length === 0)
    return refuse("invalid request: at least one of texts, images or inputs must be provided");
  const size = numberOf(body.output_dimension) ?? DEFAULT_DIMENSIONS;
  if (!DIMENSIONS.includes(size))
    return refuse("invalid request: output_dimension is not valid for this model");
  const asked = Array.isArray(body.embedding_types) ? body.embedding_types.map(stringOf) : ["float"];
  const unknown = asked.find((form) => FORMS[form] === undefined);
  if (unknown !== undefined) return refuse(`invalid request: embedding_types: '${unknown}' is not supported`);
  const vectors = texts.map((text) => unitVector(text, size));
  const embeddings = Object.fromEntries(
    asked.map((form) => [form, vectors.map((vector) => FORMS[form]?.(vector))]),
  );
  const billed = { input_tokens: behaviour.promptTokens * texts.length };
  return jsonAnswer({
    id: answerId("", body.model),
    embeddings,
    texts,
    meta: { ...VERSION, billed_units: billed },
    response_type: "embeddings_by_type",
  });
}

function textsOf(body: Call["body"]): string[] {
  if (Array.isArray(body.texts)) return body.texts.map(stringOf);
  if (Array.isArray(body.images)) return body.images.map(stringOf);
  return objectsOf(body.inputs).map((input) => textOf(input.content));
}

function rerankAnswer({ body }: Call): PlainAnswer | Refusal {
  if (typeof body.model !== "string") return refuse("invalid request: model is required");
  if (typeof body.query !== "string" || body.query === "")
    return refuse("invalid request: query must not be empty");
  if (!Array.isArray(body.documents) || body.documents.length === 0) {
    return refuse("invalid request: list of documents must not be empty");
  }
  const documents = body.documents.map(documentText);
  const ranked = rank(body.query, documents, numberOf(body.top_n) ?? documents.length);
  return jsonAnswer({
    id: answerId("", body.model),
    results: ranked.map(({ index, score }) => ({ index, relevance_score: score })),
    meta: { ...VERSION, billed_units: { search_units: 1 } },
  });
}

/** A document's text; an object of fields is read as all of them. */
function documentText(document: unknown): string {
  return typeof document === "string" ? document : JSON.stringify(document);
}

/** One bit a value, eight to a byte: the sign. */
function bitsOf(vector: Float32Array): number[] {
  const bytes: number[] = [];
  for (let start = 0; start < vector.length; start += 8) {
    let byte = 0;
    for (let bit = 0; bit < 8; bit += 1) byte = byte * 2 + ((vector[start + bit] ?? 0) > 0 ? 1 : 0);
    bytes.push(byte);
  }
  return bytes;
}
