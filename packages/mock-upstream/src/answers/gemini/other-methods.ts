import type { BytesEndpoint, Call, JsonEndpoint, PlainAnswer } from "../contract.ts";
import { type JsonObject, numberOf, objectOf, objectsOf, textOf } from "../json.ts";
import { jsonAnswer } from "../json-answer.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { unitVector } from "../vectors.ts";
import { member } from "./member.ts";
import { GEMINI } from "./wire.ts";

const DEFAULT_DIMENSIONS = 768;
const MAX_DIMENSIONS = 3_072;
const LISTED_MODELS: readonly string[] = ["gemini-2.5-flash", "gemini-2.5-pro", "gemini-embedding-001"];

/** `POST …:countTokens`. */
export const GEMINI_COUNT_TOKENS: JsonEndpoint = method("gemini-count-tokens", countTokens);

/** `POST …:embedContent`. */
export const EMBED_CONTENT: JsonEndpoint = method("embed-content", embedContent);

/** `POST …:batchEmbedContents`. */
export const BATCH_EMBED_CONTENTS: JsonEndpoint = method("batch-embed-contents", batchEmbedContents);

/** `GET /v1beta/models`. */
export const GEMINI_MODELS: BytesEndpoint = {
  kind: "bytes",
  name: "gemini-models",
  wire: () => GEMINI,
  needsTarget: false,
  answer: () => jsonAnswer({ models: LISTED_MODELS.map(listedModel) }),
};

function method(name: string, answer: (call: Call) => PlainAnswer | Refusal): JsonEndpoint {
  return { kind: "json", name, wire: () => GEMINI, needsTarget: true, answer };
}

function countTokens({ body, behaviour }: Call): PlainAnswer | Refusal {
  const request = objectOf(member(body, "generateContentRequest"));
  if (objectsOf(body.contents ?? request.contents).length === 0) {
    return refuse("* CountTokensRequest.contents: contents is not specified\n");
  }
  const { promptTokens } = behaviour;
  return jsonAnswer({
    totalTokens: promptTokens,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: promptTokens }],
  });
}

function embedContent({ body }: Call): PlainAnswer | Refusal {
  const values = embed(body, "EmbedContentRequest");
  return Array.isArray(values) ? jsonAnswer({ embedding: { values } }) : values;
}

function batchEmbedContents({ body }: Call): PlainAnswer | Refusal {
  const embeddings: { readonly values: number[] }[] = [];
  for (const [index, request] of objectsOf(body.requests).entries()) {
    const values = embed(request, `BatchEmbedContentsRequest.requests[${index}]`);
    if (!Array.isArray(values)) return values;
    embeddings.push({ values });
  }
  if (embeddings.length === 0)
    return refuse("* BatchEmbedContentsRequest.requests: requests is not specified\n");
  return jsonAnswer({ embeddings });
}

function embed(request: JsonObject, place: string): number[] | Refusal {
  const text = textOf(objectOf(request.content).parts);
  if (text === "") return refuse(`* ${place}.content: contents is not specified\n`);
  const size = numberOf(member(request, "outputDimensionality")) ?? DEFAULT_DIMENSIONS;
  if (!Number.isInteger(size) || size < 1 || size > MAX_DIMENSIONS) {
    return refuse(`* ${place}.output_dimensionality: must be from 1 to ${MAX_DIMENSIONS}\n`);
  }
  return Array.from(unitVector(text, size));
}

function listedModel(name: string): object {
  const methods = name.includes("embedding")
    ? ["embedContent", "batchEmbedContents"]
    : ["generateContent", "streamGenerateContent", "countTokens"];
  return { name: `models/${name}`, displayName: name, supportedGenerationMethods: methods };
}
