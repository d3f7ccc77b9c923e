import type {
  EmbeddingInput,
  EmbeddingPurpose,
  EmbeddingRequest,
  EmbeddingResult,
} from "@headrace/core/canonical/embedding";
import { totalInputTokens } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { EmbeddingClientCodec } from "@headrace/core/wire/embedding-codec";
import { demandNumber, demandOneOf, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf } from "../../json/read.ts";

/** Embeddings as OpenAI's SDKs ask for them (OpenAI API reference, "Create embeddings"). */
export const openAiEmbeddingsClient: EmbeddingClientCodec = {
  wire: "openai-embeddings",
  decodeRequest,
  encodeResult,
};

const KNOWN = new Set(["model", "input", "dimensions", "encoding_format", "input_type"]);
const FORMATS = ["float", "base64"] as const;
const PURPOSES: ReadonlyMap<unknown, EmbeddingPurpose> = new Map<unknown, EmbeddingPurpose>([
  ["query", "query"],
  ["search_query", "query"],
  ["document", "document"],
  ["passage", "document"],
  ["search_document", "document"],
  ["classification", "classification"],
  ["clustering", "clustering"],
]);

function decodeRequest(body: JsonObject): EmbeddingRequest {
  return {
    wire: "openai-embeddings",
    model: demandText(body.model, "model"),
    inputs: readInputs(body.input),
    encoding:
      optional(body.encoding_format, "encoding_format", (value, path) => demandOneOf(value, path, FORMATS)) ??
      "float",
    // Not OpenAI's, but what its clients send to say what other vendors want to know.
    ...defined({
      dimensions: optional(body.dimensions, "dimensions", demandNumber),
      purpose: PURPOSES.get(body.input_type),
    }),
    extra: {
      ...extraOf(body, KNOWN),
      ...(body.input_type === undefined || PURPOSES.has(body.input_type)
        ? {}
        : { input_type: body.input_type }),
    },
  };
}

/** A text, the ids of its tokens, or a list of either. */
function readInputs(input: unknown): readonly EmbeddingInput[] {
  if (typeof input === "string") return [input];
  if (!Array.isArray(input) || input.length === 0) throw refusal("input");
  const first: unknown = input[0];
  if (typeof first === "number") return [readTokens(input, "input")];
  return input.map((item: unknown, i) => (typeof item === "string" ? item : readTokens(item, `input[${i}]`)));
}

function readTokens(value: unknown, path: string): readonly number[] {
  if (!Array.isArray(value)) throw refusal(path);
  for (const id of value) if (!Number.isSafeInteger(id)) throw refusal(path);
  return value;
}

function refusal(path: string): GatewayError {
  const message = `The field "${path}" must be a text, a list of token ids, or a list of either that is not empty.`;
  return new GatewayError("invalid_field", { param: path, message });
}

function encodeResult({ vectors, usage, model }: EmbeddingResult, request: EmbeddingRequest): JsonObject {
  const tokens = usage === null ? 0 : totalInputTokens(usage);
  return {
    object: "list",
    data: vectors.map((vector, index) => ({
      object: "embedding",
      index,
      embedding: request.encoding === "base64" ? base64Of(vector) : [...vector],
    })),
    model: model === "" ? request.model : model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** Little-endian float32, as every machine that runs this has its floats. */
function base64Of(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}
