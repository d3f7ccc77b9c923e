import { constants, crc32, deflateRawSync } from "node:zlib";
import type { ScriptStep } from "./script.ts";

// RFC 1952: magic, method deflate, no flags, no time, no extra flags, system unknown.
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
// RFC 1951: a last block with fixed codes and nothing in it.
const LAST_BLOCK = Buffer.from([0x03, 0x00]);

/**
 * One gzip stream over all steps, flushed after each, so that a reader can decode every event when it comes.
 * `ended` says whether the last block and the checksum follow; a cut stream has neither.
 */
export function gzipFlushed(steps: readonly ScriptStep[], ended: boolean): ScriptStep[] {
  let checksum = 0;
  let inputBytes = 0;
  const zipped = steps.map(({ bytes, atMs }, index) => {
    checksum = crc32(bytes, checksum);
    inputBytes += bytes.byteLength;
    const blocks = deflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    return { bytes: index === 0 ? Buffer.concat([HEADER, blocks]) : blocks, atMs };
  });
  if (!ended) return zipped;
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(inputBytes >>> 0, 4);
  const tail = Buffer.concat(zipped.length === 0 ? [HEADER, LAST_BLOCK, trailer] : [LAST_BLOCK, trailer]);
  return [...zipped, { bytes: tail, atMs: steps.at(-1)?.atMs ?? 0 }];
}
