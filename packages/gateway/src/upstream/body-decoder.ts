import type { Transform } from "node:stream";
import {
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createZstdDecompress,
  constants as zlib,
} from "node:zlib";

/** Each flushes what it can, so that the events of a compressed stream are not held back. */
const DECODERS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ["gzip", () => createGunzip({ flush: zlib.Z_SYNC_FLUSH })],
  ["x-gzip", () => createGunzip({ flush: zlib.Z_SYNC_FLUSH })],
  ["deflate", () => createInflate({ flush: zlib.Z_SYNC_FLUSH })],
  ["br", () => createBrotliDecompress({ flush: zlib.BROTLI_OPERATION_FLUSH })],
  ["zstd", () => createZstdDecompress()],
]);

export interface DecodedBody {
  onData(chunk: Buffer): void;
  onEnd(): void;
  onDecodeError(error: Error): void;
}

/**
 * Undoes a content encoding that a provider used although it was asked not to. Null when the encoding is unknown.
 */
export function createBodyDecoder(encoding: string, sink: DecodedBody): Transform | null {
  const decoder = DECODERS.get(encoding.trim().toLowerCase())?.();
  if (decoder === undefined) return null;
  decoder.on("data", (chunk: Buffer) => sink.onData(chunk));
  decoder.on("end", () => sink.onEnd());
  decoder.on("error", (error) => sink.onDecodeError(error));
  return decoder;
}
