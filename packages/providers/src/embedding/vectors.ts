import type { TokenUsage } from "@headrace/core/canonical/usage";
import { GatewayError } from "@headrace/core/errors/gateway-error";

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * A vector as providers write it: a list of numbers, or base64 of little-endian float32.
 *
 * @throws GatewayError `upstream_invalid_response`
 */
export function readVector(raw: unknown): Float32Array {
  if (typeof raw === "string") return decodeFloats(Buffer.from(raw, "base64"));
  if (!Array.isArray(raw) || raw.length === 0) throw noEmbeddings();
  if (!raw.every((value): value is number => typeof value === "number")) throw noEmbeddings();
  return Float32Array.from(raw);
}

/**
 * @throws GatewayError `upstream_invalid_response` where there are none
 */
export function readVectors(raw: readonly unknown[] | undefined): readonly Float32Array[] {
  if (raw === undefined || raw.length === 0) throw noEmbeddings();
  return raw.map(readVector);
}

/** The inverse of reading one from base64. */
export function writeVectorBase64(vector: Float32Array): string {
  const bytes = Buffer.allocUnsafe(vector.length * FLOAT_BYTES);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * FLOAT_BYTES);
  return bytes.toString("base64");
}

/** Null where the provider does not tell. */
export function inputUsage(tokens: number | undefined): TokenUsage | null {
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

function decodeFloats(bytes: Buffer): Float32Array {
  if (bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0) throw noEmbeddings();
  return Float32Array.from({ length: bytes.length / FLOAT_BYTES }, (_, index) =>
    bytes.readFloatLE(index * FLOAT_BYTES),
  );
}

function noEmbeddings(): GatewayError {
  return new GatewayError("upstream_invalid_response", {
    message: "The model provider's answer holds no embeddings.",
  });
}
