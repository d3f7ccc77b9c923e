import type { Call, JsonEndpoint, PlainAnswer } from "../contract.ts";
import { jsonAnswer } from "../json-answer.ts";
import { type Refusal, refuse } from "../refusal.ts";
import { base64Of, unitVector } from "../vectors.ts";
import { missing } from "./request.ts";
import { openAiWire } from "./wire.ts";

const DEFAULT_DIMENSIONS = 1_536;
const LARGE_DIMENSIONS = 3_072;
const MAX_DIMENSIONS = 8_192;

/** `POST /v1/embeddings`. */
export const EMBEDDINGS: JsonEndpoint = {
  kind: "json",
  name: "embeddings",
  wire: openAiWire,
  needsTarget: false,
  answer: embeddingAnswer,
};

function embeddingAnswer({ body, behaviour }: Call): PlainAnswer | Refusal {
  const { model, input, dimensions, encoding_format: format } = body;
  if (typeof model !== "string" || model === "") return missing("model");
  const inputs = readInputs(input);
  if (inputs === undefined) return missing("input");
  const size =
    typeof dimensions === "number"
      ? dimensions
      : model.includes("large")
        ? LARGE_DIMENSIONS
        : DEFAULT_DIMENSIONS;
  if (!Number.isInteger(size) || size < 1 || size > MAX_DIMENSIONS) {
    const sentence = `Invalid 'dimensions': expected 1 to ${MAX_DIMENSIONS}.`;
    return refuse(sentence, { param: "dimensions", code: null });
  }
  const data = inputs.map((text, index) => {
    const vector = unitVector(text, size);
    return {
      object: "embedding",
      index,
      embedding: format === "base64" ? base64Of(vector) : Array.from(vector),
    };
  });
  const tokens = behaviour.promptTokens * inputs.length;
  const usage = behaviour.usage === "off" ? {} : { usage: { prompt_tokens: tokens, total_tokens: tokens } };
  return jsonAnswer({ object: "list", data, model, ...usage });
}

/** Texts to embed: a string, strings, token ids or lists of token ids. */
function readInputs(input: unknown): string[] | undefined {
  if (typeof input === "string") return [input];
  if (!Array.isArray(input) || input.length === 0) return undefined;
  if (input.every((item) => typeof item === "number")) return [input.join(",")];
  return input.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
}
