import type { MockBehaviour } from "../behaviour/fields.ts";
import { type JsonObject, missing, type RequestProblem } from "./request.ts";

const DEFAULT_DIMENSIONS = 1_536;
const LARGE_DIMENSIONS = 3_072;
const MAX_DIMENSIONS = 8_192;

/** Body of an embeddings answer, or the problem with the request. */
export function embeddingAnswer(body: JsonObject, behaviour: MockBehaviour): string | RequestProblem {
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
    return {
      message: `Invalid 'dimensions': expected 1 to ${MAX_DIMENSIONS}.`,
      param: "dimensions",
      code: null,
    };
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
  return JSON.stringify({ object: "list", data, model, ...usage });
}

/** Texts to embed: a string, strings, token ids or lists of token ids. */
function readInputs(input: unknown): string[] | undefined {
  if (typeof input === "string") return [input];
  if (!Array.isArray(input) || input.length === 0) return undefined;
  if (input.every((item) => typeof item === "number")) return [input.join(",")];
  return input.map((item) => (typeof item === "string" ? item : JSON.stringify(item)));
}

/** A vector of length 1 that depends on nothing but the text and the size. */
function unitVector(text: string, size: number): Float32Array {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  }
  const vector = new Float32Array(size);
  let squares = 0;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    const value = state / 0x80000000;
    vector[index] = value;
    squares += value * value;
  }
  const scale = 1 / Math.sqrt(squares || 1);
  return vector.map((value) => value * scale);
}

/** Little-endian 32-bit floats, as OpenAI packs them. */
function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  return bytes.toString("base64");
}
