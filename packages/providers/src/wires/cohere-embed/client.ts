import type { EmbeddingPurpose, EmbeddingRequest, EmbeddingResult } from "@headrace/core/canonical/embedding";
import { totalInputTokens } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";
import type { JsonObject } from "@headrace/core/json-object";
import type { EmbeddingClientCodec } from "@headrace/core/wire/embedding-codec";
import { writeVectorBase64 } from "../../embedding/vectors.ts";
import { demandList, demandNumber, demandObject, demandText, optional } from "../../json/demand.ts";
import { defined, extraOf } from "../../json/read.ts";

/** Embeddings as Cohere's SDKs ask for them, version 2 of its API. */
export const cohereEmbedClient: EmbeddingClientCodec = { wire: "cohere-embed", decodeRequest, encodeResult };

const KNOWN: ReadonlySet<string> = new Set([
  ...["model", "texts", "images", "inputs", "embedding_types", "output_dimension", "input_type"],
]);

const PURPOSES: ReadonlyMap<string, EmbeddingPurpose> = new Map<string, EmbeddingPurpose>([
  ["search_query", "query"],
  ["search_document", "document"],
  ["classification", "classification"],
  ["clustering", "clustering"],
]);

/** What a vector of floats can be written as; how others are to be rounded only Cohere knows. */
type VectorType = "float" | "base64";

/**
 * Reads a request (Cohere API reference, "Embed").
 *
 * @throws GatewayError `missing_field`, `invalid_field`, also for pictures and for types that have to be Cohere's own
 */
function decodeRequest(body: JsonObject): EmbeddingRequest {
  const types = readTypes(body.embedding_types);
  const inputType = optional(body.input_type, "input_type", demandText);
  const purpose = PURPOSES.get(inputType ?? "");
  return {
    wire: "cohere-embed",
    model: demandText(body.model, "model"),
    inputs: readInputs(body),
    encoding: types.includes("float") ? "float" : "base64",
    ...defined({ dimensions: optional(body.output_dimension, "output_dimension", demandNumber), purpose }),
    echo: types,
    extra: {
      ...extraOf(body, KNOWN),
      ...(inputType === undefined || purpose !== undefined ? {} : { input_type: inputType }),
    },
  };
}

function readTypes(raw: unknown): readonly VectorType[] {
  const types = optional(raw, "embedding_types", demandList) ?? [];
  const read = types.map((value, position): VectorType => {
    const type = demandText(value, `embedding_types[${position}]`);
    if (type === "float" || type === "base64") return type;
    throw refusal(
      `embedding_types[${position}]`,
      "The model's provider is not Cohere, so that its embeddings come as float or base64 only.",
    );
  });
  return read.length === 0 ? ["float"] : read;
}

function readInputs(body: JsonObject): readonly string[] {
  if (body.images !== undefined && body.images !== null) throw noPictures("images");
  const texts = optional(body.texts, "texts", demandList);
  if (texts !== undefined) return texts.map((text, position) => demandText(text, `texts[${position}]`));
  if (body.inputs === undefined || body.inputs === null)
    throw new GatewayError("missing_field", { param: "texts", message: 'The field "texts" is missing.' });
  return demandList(body.inputs, "inputs").map((input, position) => readInput(input, `inputs[${position}]`));
}

/** An input may be made of several pieces. */
function readInput(raw: unknown, path: string): string {
  const content = demandList(demandObject(raw, path).content, `${path}.content`);
  const texts = content.map((piece, position) => {
    const at = `${path}.content[${position}]`;
    const block = demandObject(piece, at);
    if (block.type !== undefined && block.type !== "text") throw noPictures(at);
    return demandText(block.text, `${at}.text`);
  });
  return texts.join("\n");
}

function noPictures(path: string): GatewayError {
  return refusal(
    path,
    "The model's provider embeds text only, and leaving a picture out would embed something else.",
  );
}

function refusal(param: string, message: string): GatewayError {
  return new GatewayError("invalid_field", { param, message });
}

const WRITERS: Readonly<Record<VectorType, (vector: Float32Array) => unknown>> = {
  float: (vector) => [...vector],
  base64: writeVectorBase64,
};

function encodeResult({ vectors, usage }: EmbeddingResult, { echo }: EmbeddingRequest): JsonObject {
  const types = (["float", "base64"] as const).filter((type) => Array.isArray(echo) && echo.includes(type));
  const meta = {
    api_version: { version: "2" },
    ...(usage === null ? {} : { billed_units: { input_tokens: totalInputTokens(usage) } }),
  };
  return {
    response_type: "embeddings_by_type",
    embeddings: Object.fromEntries(types.map((type) => [type, vectors.map(WRITERS[type])])),
    meta,
  };
}
